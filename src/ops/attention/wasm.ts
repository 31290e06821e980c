/** Attention on the CPU engine. */
import { wasmBackend } from '../../engine/wasm/engine.ts';
import { GEMM_SCRATCH } from '../linear/wasm-product.ts';
import type { Kernel } from '../define-op.ts';
import type { Attention, AttentionBackward } from './attention.ts';

/** Queries of a block: see kernel.as.ts. */
const QUERIES = 48;

export const attention: Kernel<Attention> = ({ qkv }, attributes) => {
  const { batch, time, heads, kvHeads, headDim, window, scale } = attributes;
  const engine = wasmBackend();
  const out = engine.output([batch * time, heads * headDim]);
  const logSumExp = engine.output([batch * time, heads]);
  engine.run(
    'attention',
    [
      ...[qkv, out, logSumExp].map((info) => engine.pointer(info)),
      ...[batch, time, heads, kvHeads, headDim, window, scale],
    ],
    batch * heads * time * time * headDim,
    GEMM_SCRATCH + QUERIES * time * 4 + 64,
  );
  return { out, logSumExp };
};

export const attentionBackward: Kernel<AttentionBackward> = (inputs, attributes) => {
  const { batch, time, heads, kvHeads, headDim, window, scale } = attributes;
  const { qkv, out, logSumExp, dy } = inputs;
  const engine = wasmBackend();
  const dqkv = engine.output(qkv.shape);
  const rows = batch * time;
  const target = engine.pointer(dqkv);
  const run = (partial: number, partialWidth: number) =>
    engine.run(
      'attentionBackward',
      [
        ...[qkv, out, logSumExp, dy, dqkv].map((info) => engine.pointer(info)),
        ...[partial, partialWidth, batch, time, heads, kvHeads, headDim, window, scale],
      ],
      batch * heads * time * time * headDim,
      GEMM_SCRATCH + 2 * QUERIES * time * 4 + 64,
    );
  if (heads === kvHeads) run(target + 4 * heads * headDim, 3 * heads * headDim);
  else {
    const partialWidth = 2 * heads * headDim;
    engine.withTemporary(4 * rows * partialWidth, (partial) => {
      run(partial, partialWidth);
      const sums = [partial, target, rows, heads, kvHeads, headDim];
      engine.run('addHeadGroups', sums, rows * heads * headDim * 2);
    });
  }
  return { dqkv };
};
