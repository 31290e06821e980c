/**
 * Rotary position embedding, half-split form (Su et al. 2021, arXiv 2104.09864, as Llama, Qwen
 * and GPT-NeoX use it): within the first `rotaryDim` values of each rotated head,
 * y₁ = x₁·cos − x₂·sin and y₂ = x₂·cos + x₁·sin. Backward is the inverse rotation.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

export interface RopeShape {
  /** Heads at the start of each row that are rotated; what follows is copied. */
  heads: number;
  headDim: number;
  /** Even, at most headDim. */
  rotaryDim: number;
}

export interface RopeAttributes extends RopeShape {
  inverse: boolean;
}

/** x [N, W], table [positions, rotaryDim], positions int32 [N] → y [N, W]. */
export type Rope = Signature<'x' | 'table' | 'positions', 'y', RopeAttributes>;

export const ropeOp = defineOp({
  name: 'IdiolectRope',
  inputs: ['x', 'table', 'positions'],
  outputs: ['y'],
  reference: reference.rope,
  wasm: wasm.rope,
  webgpu: webgpu.rope,
  saved: ['table', 'positions'],
  backward: ({ dy, saved, attributes }) => ({
    x: (): Tensor => ropeOp.run({ ...saved, x: dy }, { ...attributes, inverse: true }).y,
  }),
});

/**
 * x [N, W] with W ≥ heads·headDim; table [positions, rotaryDim], a row being the cosines of the
 * rotaryDim/2 angles, then their sines; positions int32 [N] → [N, W]; differentiable in x.
 */
export function rope(x: Tensor, table: Tensor, positions: Tensor, shape: RopeShape): Tensor {
  return ropeOp.apply({ x, table, positions }, { ...shape, inverse: false }).y;
}
