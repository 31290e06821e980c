/** Embedding and its gradient on the CPU engine. */
import { wasmBackend } from '../../engine/wasm/engine.ts';
import type { Kernel } from '../define-op.ts';
import { FORMATS } from '../linear/wasm-product.ts';
import { lengthOf, matrixShape } from '../shape.ts';
import type { Embedding, EmbeddingGradient } from './embedding.ts';

export const embedding: Kernel<Embedding> = ({ ids, w }, attributes) => {
  const { format, rows, columns, partRows } = attributes;
  const engine = wasmBackend();
  const count = lengthOf(ids);
  const y = engine.output([count, columns]);
  w.forEach((part, i) => {
    const first = i * partRows;
    const tableRows = Math.min(partRows, rows - first);
    const table = [engine.pointer(part), FORMATS[format], first, tableRows];
    const args = [engine.pointer(ids), ...table, engine.pointer(y), count, columns];
    engine.run('gatherRows', args, count * columns);
  });
  return { y };
};

export const embeddingGradient: Kernel<EmbeddingGradient> = ({ ids, dy }, { rows }) => {
  const engine = wasmBackend();
  const [count, width] = matrixShape(dy);
  const dw = engine.output([rows, width]);
  const pointers = [ids, dy, dw].map((info) => engine.pointer(info));
  engine.run('embeddingGradient', [...pointers, count, width, rows], (count + rows) * width);
  return { dw };
};
