/**
 * Attention with a key/value cache, for generation: writes the new keys and values into the cache
 * and lets the new queries attend to everything up to themselves. Serves the prompt (T > 1,
 * lengths 0) and each further token (T = 1) alike. Not differentiable.
 *
 * The cache is written in place: the one op here that changes an input.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { AttentionShape } from '../attention/attention.ts';
import { defineOp, type Signature } from '../define-op.ts';
import { at, lengthOf } from '../shape.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

export interface CachedAttentionAttributes extends AttentionShape {
  batch: number;
  /** New positions per sequence. */
  time: number;
  /** Positions the cache holds per sequence. */
  capacity: number;
}

/** qkv [B·T, W], cache [B, capacity, 2·Hkv·D] (written), lengths int32 [B] → out [B·T, H·D]. */
export type CachedAttention = Signature<
  'qkv' | 'cache' | 'lengths',
  'out',
  CachedAttentionAttributes
>;

export const cachedAttentionOp = defineOp({
  name: 'IdiolectCachedAttention',
  inputs: ['qkv', 'cache', 'lengths'],
  outputs: ['out'],
  reference: reference.cachedAttention,
  wasm: wasm.cachedAttention,
  webgpu: webgpu.cachedAttention,
});

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
  const batch = lengthOf(cache);
  const time = lengthOf(qkv) / batch;
  const attributes = { ...shape, batch, time, capacity: at(cache.shape, 1) };
  return cachedAttentionOp.run({ qkv, cache, lengths }, attributes).out;
}
