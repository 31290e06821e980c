/** Rows of a table in any format and up to several parts on WebGPU, and the table's gradient. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { lengthOf, matrixShape } from '../shape.ts';
import { partNames, type WeightFormat } from '../weight.ts';
import { elementType, matrixReader } from '../wgsl-matrix.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { Embedding, EmbeddingGradient } from './embedding.ts';

interface BakedEmbedding extends Record<string, string | number | boolean> {
  format: WeightFormat;
  parts: number;
  aligned: boolean;
}

const embeddingVariants: Variants<BakedEmbedding> = {
  f32: { format: 'f32', parts: 1, aligned: true },
  'f32-unaligned': { format: 'f32', parts: 1, aligned: false },
  f16: { format: 'f16', parts: 1, aligned: true },
  'bf16-unaligned-parts': { format: 'bf16', parts: 2, aligned: false },
  int8: { format: 'int8', parts: 1, aligned: true },
};

const runEmbedding = defineProgram<BakedEmbedding>(
  'embedding',
  embeddingVariants,
  ({ format, parts, aligned }) => {
    const buffers = partNames(parts);
    const columns = 'uniforms.columns';
    return {
      outputs: { y: 'f32' },
      inputs: {
        ids: 'i32',
        ...Object.fromEntries(buffers.map((name) => [name, elementType(format, aligned)])),
      },
      uniforms: { count: 'i32', columns: 'i32', quads: 'i32', partRows: 'i32' },
      code: `${matrixReader({ name: 'tableRow', buffers, format, aligned, width: columns, limit: columns, partRows: 'uniforms.partRows' })}
${perValue(`let row = index / uniforms.quads;
  let column = 4 * (index % uniforms.quads);
  let values = tableRow(ids[row], column);
  for (var q = 0; q < 4; q++) {
    if (column + q < ${columns}) { y[row * ${columns} + column + q] = values[q]; }
  }`)}`,
    };
  },
);

export const embedding: Kernel<Embedding> = (inputs, { format, columns, partRows }) => {
  const rows = lengthOf(inputs.ids);
  const quads = Math.ceil(columns / 4);
  const y = emptyTensor([rows, columns]);
  runEmbedding(
    { format, parts: inputs.w.length, aligned: columns % 4 === 0 },
    {
      outputs: { y },
      inputs,
      uniforms: { count: rows * quads, columns, quads, partRows },
      groups: groupsFor(rows * quads),
    },
  );
  return { y };
};

// Each value of the table looks through all ids in order: no atomics, the same sum every time.
const runGradient = defineProgram('embedding gradient', () => ({
  outputs: { dw: 'f32' },
  inputs: { ids: 'i32', dy: 'f32' },
  uniforms: { count: 'i32', columns: 'i32', rows: 'i32' },
  code: perValue(`let id = index / uniforms.columns;
  let column = index % uniforms.columns;
  var sum = 0.0;
  for (var row = 0; row < uniforms.rows; row++) {
    if (ids[row] == id) { sum += dy[row * uniforms.columns + column]; }
  }
  dw[index] = sum;`),
}));

export const embeddingGradient: Kernel<EmbeddingGradient> = (inputs, attributes) => {
  const [rows, columns] = matrixShape(inputs.dy);
  const dw = emptyTensor([attributes.rows, columns]);
  const count = attributes.rows * columns;
  const uniforms = { count, columns, rows };
  runGradient({}, { outputs: { dw }, inputs, uniforms, groups: groupsFor(count) });
  return { dw };
};
