/** Rows of a table in any format and up to several parts on WebGPU, and the table's gradient. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import { partNames, partsOf } from '../linear/program.ts';
import type { BackendKernel } from '../register.ts';
import type { WeightAttributes, WeightFormat } from '../weight.ts';
import { elementType, matrixReader } from '../wgsl-matrix.ts';
import { defineProgram, groupsFor, perValue } from '../wgsl-program.ts';

interface BakedEmbedding extends Record<string, string | number | boolean> {
  format: WeightFormat;
  parts: number;
  aligned: boolean;
}

const runEmbedding = defineProgram<BakedEmbedding>('embedding', ({ format, parts, aligned }) => {
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
});

/** ids int32 [N], w [V, C] → [N, C]. */
export const embeddingKernel: BackendKernel = (inputs, attributes) => {
  const { format, columns, partRows } = attributes as WeightAttributes;
  const ids = inputs['ids']!;
  const parts = partsOf(inputs);
  const rows = ids.shape[0]!;
  const quads = Math.ceil(columns / 4);
  const y = emptyTensor([rows, columns]);
  runEmbedding(
    { format, parts: Object.keys(parts).length, aligned: columns % 4 === 0 },
    {
      outputs: { y },
      inputs: { ids, ...parts },
      uniforms: { count: rows * quads, columns, quads, partRows },
      groups: groupsFor(rows * quads),
    },
  );
  return y;
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

/** ids int32 [N], dy [N, C] → [V, C]. */
export const embeddingGradientKernel: BackendKernel = ({ ids, dy }, attributes) => {
  const { rows: vocabulary } = attributes as WeightAttributes;
  const [rows, columns] = dy!.shape as [number, number];
  const dw = emptyTensor([vocabulary, columns]);
  const count = vocabulary * columns;
  runGradient(
    {},
    {
      outputs: { dw },
      inputs: { ids: ids!, dy: dy! },
      uniforms: { count, columns, rows },
      groups: groupsFor(count),
    },
  );
  return dw;
};
