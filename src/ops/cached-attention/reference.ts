/** Attention with a cache in plain JavaScript, for the cpu backend: stock tfjs cannot write in place. */
import { tensor, type TypedArray } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import { valuesOf } from '../host-values.ts';
import { at } from '../shape.ts';
import type { CachedAttention } from './cached-attention.ts';

export const cachedAttention: Reference<CachedAttention> = (inputs, attributes) => {
  const { batch, time, capacity, heads, kvHeads, headDim, scale, window } = attributes;
  const qkv = valuesOf(inputs.qkv);
  const cache = valuesOf(inputs.cache);
  const lengths = valuesOf(inputs.lengths);
  const width = (heads + 2 * kvHeads) * headDim;
  const cached = 2 * kvHeads * headDim;
  const out = new Float32Array(batch * time * heads * headDim);
  for (let b = 0; b < batch; b++) {
    /** The key of a head at a position of this sequence; its value by the number of heads further. */
    const inCache = (position: number, head: number) => {
      const start = (b * capacity + position) * cached + head * headDim;
      return cache.subarray(start, start + headDim);
    };
    for (let t = 0; t < time; t++) {
      const position = at(lengths, b) + t;
      if (position >= capacity) continue;
      const row = (b * time + t) * width;
      const from = row + heads * headDim;
      cache.set(qkv.subarray(from, from + cached), (b * capacity + position) * cached);
      const first = window > 0 ? Math.max(0, position - window + 1) : 0;
      for (let head = 0; head < heads; head++) {
        const kvHead = Math.floor((head * kvHeads) / heads);
        const query = qkv.subarray(row + head * headDim, row + (head + 1) * headDim);
        const scores = Float64Array.from(
          { length: position - first + 1 },
          (_, i) => dot(query, inCache(first + i, kvHead)) * scale,
        );
        const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
        const shares = scores.map((score) => Math.exp(score - largest));
        const total = shares.reduce((sum, share) => sum + share, 0);
        const target = (b * time + t) * heads * headDim + head * headDim;
        const result = out.subarray(target, target + headDim);
        shares.forEach((share, i) => {
          addScaled(result, share / total, inCache(first + i, kvHeads + kvHead));
        });
      }
    }
  }
  return { out: tensor(out, [batch * time, heads * headDim]) };
};

function dot(left: TypedArray, right: TypedArray): number {
  let sum = 0;
  left.forEach((value, d) => (sum += value * at(right, d)));
  return sum;
}

function addScaled(target: Float32Array, factor: number, values: TypedArray): void {
  values.forEach((value, d) => (target[d] = at(target, d) + factor * value));
}
