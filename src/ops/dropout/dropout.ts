/**
 * Inverted dropout with a counter-based mask: value i is kept when a 32-bit hash of (seed, i) is
 * at least rate·2³², and scaled by 1/(1 − rate). The mask is recomputed, never stored, and the
 * same on every backend.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

export interface DropoutAttributes {
  rate: number;
  seed: number;
}

/** x of any shape → y of the same. */
export type Dropout = Signature<'x', 'y', DropoutAttributes>;

export const dropoutOp = defineOp({
  name: 'IdiolectDropout',
  inputs: ['x'],
  outputs: ['y'],
  reference: reference.dropout,
  wasm: wasm.dropout,
  webgpu: webgpu.dropout,
  backward: ({ dy, attributes }) => ({
    x: (): Tensor => dropoutOp.run({ x: dy }, attributes).y,
  }),
});

/** x of any shape → the same shape; differentiable in x. */
export function dropout(x: Tensor, rate: number, seed: number): Tensor {
  return dropoutOp.apply({ x }, { rate, seed }).y;
}
