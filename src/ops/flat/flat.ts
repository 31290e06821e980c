/**
 * Many tensors end to end as one vector, and back. An update of a hundred parameters is then one
 * update of one vector, whatever the number of parameters. Not differentiable.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernel, runKernelForOne } from '../tape.ts';

export const FLATTEN = 'IdiolectFlatten';
export const UNFLATTEN = 'IdiolectUnflatten';

export interface UnflattenAttributes {
  shapes: readonly (readonly number[])[];
}

/** float32 tensors of any shapes → [Σ sizes], in their order. */
export function flatten(tensors: readonly Tensor[]): Tensor {
  return runKernelForOne(FLATTEN, Object.fromEntries(tensors.map((own, i) => [`t${i}`, own])));
}

/** The way back: [Σ sizes] → a tensor for each shape. */
export function unflatten(vector: Tensor, shapes: readonly (readonly number[])[]): Tensor[] {
  const attributes: UnflattenAttributes = { shapes };
  return runKernel(UNFLATTEN, { vector }, attributes);
}

/** The tensors t0, t1, … of a kernel's inputs, in order. */
export function numbered<T>(inputs: Record<string, T>): T[] {
  return Object.keys(inputs).map((_, i) => inputs[`t${i}`]!);
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
