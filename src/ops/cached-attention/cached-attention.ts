/**
 * Attention with a key/value cache, for generation: writes the new keys and values into the cache
 * and lets the new queries attend to everything up to themselves. Serves the prompt (T > 1,
 * lengths 0) and each further token (T = 1) alike. Not differentiable.
 *
 * The cache is written in place: the one op here that changes an input.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { AttentionShape } from '../attention/attention.ts';
import { runKernelForOne } from '../tape.ts';

export const CACHED_ATTENTION = 'IdiolectCachedAttention';

export interface CachedAttentionAttributes extends AttentionShape {
  batch: number;
  /** New positions per sequence. */
  time: number;
  /** Positions the cache holds per sequence. */
  capacity: number;
}

/**
 * @param qkv [B·T, (H + 2·Hkv)·D]: the new positions, already rotated
 * @param cache [B, capacity, 2·Hkv·D]: keys then values; position lengths[b] + t is written
 * @param lengths int32 [B]: positions already in the cache
 * @returns [B·T, H·D]
 */
export function cachedAttention(
  qkv: Tensor,
  cache: Tensor,
  lengths: Tensor,
  shape: AttentionShape,
): Tensor {
  const [batch, capacity] = cache.shape as [number, number, number];
  const attributes: CachedAttentionAttributes = {
    ...shape,
    batch,
    capacity,
    time: qkv.shape[0] / batch,
  };
  return runKernelForOne(CACHED_ATTENTION, { qkv, cache, lengths }, attributes);
}
