/**
 * GELU in its two forms (Hendrycks & Gimpel 2016, arXiv 1606.08415), which are not
 * interchangeable: `tanh` (gelu_new: GPT-2, GPT-Neo) and `erf` (gelu: GPT-NeoX).
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne, taped } from '../tape.ts';

export const GELU = 'IdiolectGelu';
export const GELU_BACKWARD = 'IdiolectGeluBackward';

export type GeluForm = 'tanh' | 'erf';

export interface GeluAttributes {
  form: GeluForm;
}

/** x [N, F] → [N, F]; differentiable in x. */
export function gelu(x: Tensor, form: GeluForm): Tensor {
  const attributes: GeluAttributes = { form };
  return taped(
    { x },
    (save) => {
      save([x]);
      return [runKernelForOne(GELU, { x }, attributes)];
    },
    ([dy], [savedX]) => ({
      x: () => runKernelForOne(GELU_BACKWARD, { x: savedX!, dy: dy! }, attributes),
    }),
  )[0]!;
}
