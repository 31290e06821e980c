/** Rows of a gradient put back at their places on WebGPU. */
import { clear, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram } from '../wgsl-program.ts';
import type { ScatterRows } from './cross-entropy.ts';

// Rows are distinct, so no two invocations write the same value.
const runScatter = defineProgram('scatter rows', () => ({
  outputs: { y: 'f32' },
  inputs: { dx: 'f32', dy: 'f32', rows: 'i32' },
  uniforms: { count: 'i32', columns: 'i32' },
  code: perValue(`let i = index / uniforms.columns;
  y[rows[i] * uniforms.columns + index % uniforms.columns] = dx[index] * dy[i];`),
}));

export const scatterRows: Kernel<ScatterRows> = (inputs, attributes) => {
  const [listed, columns] = matrixShape(inputs.dx);
  const y = emptyTensor([attributes.count, columns]);
  clear(y);
  const count = listed * columns;
  const uniforms = { count, columns };
  runScatter({}, { outputs: { y }, inputs, uniforms, groups: groupsFor(count) });
  return { y };
};
