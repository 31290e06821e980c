/** Attention with a cache on the CPU engine. */
import { wasmBackend } from '../../engine/wasm/engine.ts';
import type { Kernel } from '../define-op.ts';
import { GEMM_SCRATCH } from '../linear/wasm-product.ts';
import type { CachedAttention } from './cached-attention.ts';

export const cachedAttention: Kernel<CachedAttention> = ({ qkv, cache, lengths }, attributes) => {
  const { batch, time, capacity, heads, kvHeads, headDim, window, scale } = attributes;
  const engine = wasmBackend();
  const out = engine.output([batch * time, heads * headDim]);
  engine.run(
    'cachedAttention',
    [
      ...[qkv, cache, lengths, out].map((info) => engine.pointer(info)),
      ...[batch, time, capacity, heads, kvHeads, headDim, window, scale],
    ],
    batch * heads * time * capacity * headDim,
    GEMM_SCRATCH + (capacity + 16) * 4,
  );
  return { out };
};
