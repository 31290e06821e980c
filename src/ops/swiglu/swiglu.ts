/**
 * SwiGLU (Shazeer 2020, arXiv 2002.05202): with x = [e | g], y = e·σ(e)·g.
 * Backward: dg = dy·e·σ(e), de = dy·g·σ(e)·(1 + e·(1 − σ(e))). The same pass gives y again, for
 * `swiGluOf`.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Recomputable } from '../linear/recomputable.ts';
import { runKernel, runKernelForOne, taped } from '../tape.ts';

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
    ([dy], [savedX]) => ({ x: () => runKernel(SWIGLU_BACKWARD, { x: savedX!, dy: dy! })[0]! }),
  )[0]!;
}

/** The same in front of a linear, which then remembers x only. */
export function swiGluOf(x: Tensor): Recomputable {
  return {
    kernel: SWIGLU,
    backwardKernel: SWIGLU_BACKWARD,
    accumulates: false,
    inputs: { x },
    attributes: {},
    apply: () => swiGlu(x),
  };
}
