/**
 * SwiGLU (Shazeer 2020, arXiv 2002.05202): with x = [e | g], y = e·σ(e)·g.
 * Backward: dg = dy·e·σ(e), de = dy·g·σ(e)·(1 + e·(1 − σ(e))). The same pass gives y again, for
 * `swiGluOf`.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import type { Recomputable } from '../linear/recomputable.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

/** x [N, 2F] → y [N, F]. */
export type SwiGlu = Signature<'x', 'y'>;
/** x [N, 2F], dy [N, F] → dx [N, 2F] and y [N, F]. */
export type SwiGluBackward = Signature<'x' | 'dy', 'dx' | 'y'>;

export const swiGluOp = defineOp({
  name: 'IdiolectSwiGlu',
  inputs: ['x'],
  outputs: ['y'],
  reference: reference.swiGlu,
  wasm: wasm.swiGlu,
  webgpu: webgpu.swiGlu,
  saved: ['x'],
  backward: ({ dy, saved: { x } }) => ({ x: () => swiGluBackward.run({ x, dy }).dx }),
});

export const swiGluBackward = defineOp({
  name: 'IdiolectSwiGluBackward',
  inputs: ['x', 'dy'],
  outputs: ['dx', 'y'],
  reference: reference.swiGluBackward,
  wasm: wasm.swiGluBackward,
  webgpu: webgpu.swiGluBackward,
});

/** x [N, 2F], gate then up → [N, F]; differentiable in x. */
export function swiGlu(x: Tensor): Tensor {
  return swiGluOp.apply({ x }).y;
}

/** The same in front of a linear, which then remembers x only. */
export function swiGluOf(x: Tensor): Recomputable {
  return {
    inputs: { x },
    accumulates: false,
    forward: (inputs) => swiGluOp.run(inputs).y,
    backward(inputs, dh) {
      const { dx, y } = swiGluBackward.run({ ...inputs, dy: dh });
      return { dx, h: y };
    },
    apply: () => swiGlu(x),
  };
}
