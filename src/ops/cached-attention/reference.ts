/** Attention with a cache in plain JavaScript, for the cpu backend: stock tfjs cannot write in place. */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { valuesOf } from '../host-values.ts';
import type { Inputs } from '../tape.ts';
import type { CachedAttentionAttributes } from './cached-attention.ts';

/** qkv [B·T, W], cache [B, capacity, 2·Hkv·D] (written), lengths int32 [B] → [B·T, H·D]. */
export function cachedAttentionReference(inputs: Inputs, attributes: object): Tensor {
  const shape = attributes as CachedAttentionAttributes;
  const { batch, time, capacity, heads, kvHeads, headDim, scale, window } = shape;
  const qkv = valuesOf(inputs['qkv']!);
  const cache = valuesOf(inputs['cache']!);
  const lengths = valuesOf(inputs['lengths']!);
  const width = (heads + 2 * kvHeads) * headDim;
  const cached = 2 * kvHeads * headDim;
  const out = new Float32Array(batch * time * heads * headDim);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < time; t++) {
      const position = lengths[b]! + t;
      if (position >= capacity) continue;
      const row = (b * time + t) * width;
      const from = row + heads * headDim;
      cache.set(qkv.subarray(from, from + cached), (b * capacity + position) * cached);
      const first = window > 0 ? Math.max(0, position - window + 1) : 0;
      for (let head = 0; head < heads; head++) {
        const kvHead = Math.floor((head * kvHeads) / heads);
        const scores = new Float64Array(position - first + 1);
        let largest = -Infinity;
        for (let s = first; s <= position; s++) {
          const key = (b * capacity + s) * cached + kvHead * headDim;
          let dot = 0;
          for (let d = 0; d < headDim; d++) {
            dot += qkv[row + head * headDim + d]! * cache[key + d]!;
          }
          scores[s - first] = dot * scale;
          largest = Math.max(largest, dot * scale);
        }
        let total = 0;
        for (let i = 0; i < scores.length; i++) {
          scores[i] = Math.exp(scores[i]! - largest);
          total += scores[i]!;
        }
        const target = (b * time + t) * heads * headDim + head * headDim;
        for (let s = first; s <= position; s++) {
          const value = (b * capacity + s) * cached + (kvHeads + kvHead) * headDim;
          const share = scores[s - first]! / total;
          for (let d = 0; d < headDim; d++) out[target + d]! += share * cache[value + d]!;
        }
      }
    }
  }
  return tensor(out, [batch * time, heads * headDim]);
}
