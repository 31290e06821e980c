/**
 * Many tensors end to end as one vector, and back. An update of a hundred parameters is then one
 * update of one vector, whatever the number of parameters. Not differentiable.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

export interface UnflattenAttributes {
  shapes: readonly (readonly number[])[];
}

/** t0, t1, … of any shapes → vector [Σ sizes]. */
export type Flatten = Signature<'t*', 'vector'>;
/** vector [Σ sizes] → a tensor for each shape. */
export type Unflatten = Signature<'vector', 't*', UnflattenAttributes>;

export const flattenOp = defineOp({
  name: 'IdiolectFlatten',
  inputs: ['t*'],
  outputs: ['vector'],
  reference: reference.flatten,
  wasm: wasm.flatten,
  webgpu: webgpu.flatten,
});

export const unflattenOp = defineOp({
  name: 'IdiolectUnflatten',
  inputs: ['vector'],
  outputs: ['t*'],
  reference: reference.unflatten,
  wasm: wasm.unflatten,
  webgpu: webgpu.unflatten,
});

/** float32 tensors of any shapes → [Σ sizes], in their order. */
export function flatten(tensors: readonly Tensor[]): Tensor {
  return flattenOp.run({ t: tensors }).vector;
}

/** The way back: [Σ sizes] → a tensor for each shape. */
export function unflatten(
  vector: Tensor,
  shapes: readonly (readonly number[])[],
): readonly Tensor[] {
  return unflattenOp.run({ vector }, { shapes }).t;
}
