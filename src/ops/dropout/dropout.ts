/**
 * Inverted dropout with a counter-based mask: value i is kept when a 32-bit hash of (seed, i) is
 * at least rate·2³², and scaled by 1/(1 − rate). The mask is recomputed, never stored, and the
 * same on every backend.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne, taped } from '../tape.ts';

export const DROPOUT = 'IdiolectDropout';

export interface DropoutAttributes {
  rate: number;
  seed: number;
}

/** x of any shape → the same shape; differentiable in x. */
export function dropout(x: Tensor, rate: number, seed: number): Tensor {
  const attributes: DropoutAttributes = { rate, seed };
  return taped(
    { x },
    () => [runKernelForOne(DROPOUT, { x }, attributes)],
    ([dy]) => ({ x: () => runKernelForOne(DROPOUT, { x: dy! }, attributes) }),
  )[0]!;
}

/** The hash behind the mask: two rounds of a 32-bit avalanche over the index and the seed. */
export function dropoutHash(seed: number, index: number): number {
  let value = (Math.imul(index, 0x9e3779b1) ^ seed) | 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Hashes below this are dropped. */
export function dropoutThreshold(rate: number): number {
  return Math.floor(rate * 2 ** 32);
}
