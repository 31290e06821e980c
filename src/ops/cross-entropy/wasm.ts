/** Head and cross-entropy on the CPU engine, in chunks of rows so that logits are never whole. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { wasmBackend } from '../../engine/wasm/engine.ts';
import { eachPart, gemm, plain, turned } from '../linear/wasm-product.ts';
import type { Kernel } from '../define-op.ts';
import type { Named } from '../named.ts';
import { lengthOf, matrixShape } from '../shape.ts';
import type { WeightAttributes } from '../weight.ts';
import type { CrossEntropy, CrossEntropyWeightGradient, ScatterRows } from './cross-entropy.ts';

/** Bytes of logits at a time. */
const CHUNK_BYTES = 16 * 2 ** 20;

interface Chunk {
  /** First row and number of rows. */
  from: number;
  count: number;
  /** Hidden states [count, C] and logits [count, V] of the chunk. */
  hidden: number;
  logits: number;
}

export const crossEntropy: Kernel<CrossEntropy> = (inputs, attributes) => {
  const { rows: vocabulary, columns, gradient } = attributes;
  const engine = wasmBackend();
  const m = lengthOf(inputs.rows);
  const nll = engine.output([m]);
  const correct = engine.output([m]);
  const dx = gradient ? engine.output([m, columns]) : undefined;
  const targets = engine.pointer(inputs.targets);
  eachChunk(inputs, attributes, ({ from, count, logits }) => {
    const at = (info: TensorInfo) => engine.pointer(info) + 4 * from;
    engine.run(
      'softmaxLoss',
      [logits, targets + 4 * from, at(nll), at(correct), 0, count, vocabulary, gradient ? 1 : 0],
      count * vocabulary * 4,
    );
    if (!dx) return;
    eachPart(inputs.w, attributes, (part, width, first, partRows, format) =>
      gemm(
        plain(logits + 4 * first, vocabulary),
        plain(part, width),
        format,
        engine.pointer(dx) + 4 * from * columns,
        columns,
        [count, columns, partRows],
        { adds: first > 0 },
      ),
    );
  });
  return { nll, correct, dx };
};

export const crossEntropyWeightGradient: Kernel<CrossEntropyWeightGradient> = (
  inputs,
  attributes,
) => {
  const { rows: vocabulary, columns } = attributes;
  const engine = wasmBackend();
  const dw = engine.output([vocabulary, columns]);
  const [targets, dy] = [engine.pointer(inputs.targets), engine.pointer(inputs.dy)];
  eachChunk(inputs, attributes, ({ from, count, hidden, logits }) => {
    engine.run(
      'softmaxLoss',
      [logits, targets + 4 * from, 0, 0, dy + 4 * from, count, vocabulary, 2],
      count * vocabulary * 4,
    );
    const left = turned(logits, vocabulary);
    const size: [number, number, number] = [vocabulary, columns, count];
    gemm(left, plain(hidden, columns), 0, engine.pointer(dw), columns, size, { adds: from > 0 });
  });
  return { dw };
};

export const scatterRows: Kernel<ScatterRows> = ({ dx, dy, rows }, { count }) => {
  const engine = wasmBackend();
  const [m, width] = matrixShape(dx);
  const y = engine.output([count, width]);
  const pointers = [dx, dy, rows, y].map((info) => engine.pointer(info));
  engine.run('scatterRows', [...pointers, m, width, count], count * width);
  return { y };
};

/** Gathers the hidden states of some rows and computes their logits, chunk by chunk. */
function eachChunk(
  { x, rows, w }: Named<'x' | 'rows' | 'w*', TensorInfo>,
  attributes: WeightAttributes,
  visit: (chunk: Chunk) => void,
): void {
  const { rows: vocabulary, columns } = attributes;
  const engine = wasmBackend();
  const m = lengthOf(rows);
  const chunkRows = Math.max(1, Math.min(m, Math.floor(CHUNK_BYTES / (4 * vocabulary))));
  const [xAt, rowsAt] = [engine.pointer(x), engine.pointer(rows)];
  engine.withTemporary(4 * chunkRows * columns, (hidden) =>
    engine.withTemporary(4 * chunkRows * vocabulary, (logits) => {
      for (let from = 0; from < m; from += chunkRows) {
        const count = Math.min(chunkRows, m - from);
        const gathered = [rowsAt + 4 * from, xAt, 0, 0, lengthOf(x), hidden, count, columns];
        engine.run('gatherRows', gathered, count * columns);
        eachPart(w, attributes, (part, width, first, partRows, format) =>
          gemm(
            plain(hidden, columns),
            turned(part, width),
            format,
            logits + 4 * first,
            vocabulary,
            [count, partRows, columns],
          ),
        );
        visit({ from, count, hidden, logits });
      }
    }),
  );
}
