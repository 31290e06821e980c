/**
 * SwiGLU (Shazeer 2020, arXiv 2002.05202): with x = [e | g], y = e·σ(e)·g.
 * Backward: dg = dy·e·σ(e), de = dy·g·σ(e)·(1 + e·(1 − σ(e))).
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne, taped } from '../tape.ts';

export const SWIGLU = 'IdiolectSwiGlu';
export const SWIGLU_BACKWARD = 'IdiolectSwiGluBackward';

/** x [N, 2F], gate then up → [N, F]; differentiable in x. */
export function swiGlu(x: Tensor): Tensor {
  return taped(
    { x },
    (save) => {
      save([x]);
      return [runKernelForOne(SWIGLU, { x })];
    },
    ([dy], [savedX]) => ({ x: () => runKernelForOne(SWIGLU_BACKWARD, { x: savedX!, dy: dy! }) }),
  )[0]!;
}
