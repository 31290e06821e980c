/** Sums over the rows on WebGPU: one invocation a column, rows in their order. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram } from '../wgsl-program.ts';
import type { ColumnSum } from './column-sum.ts';

const run = defineProgram('column sum', () => ({
  outputs: { y: 'f32' },
  inputs: { x: 'f32' },
  uniforms: { count: 'i32', rows: 'i32' },
  code: perValue(`  var total = 0.0;
  for (var row = 0; row < uniforms.rows; row++) { total += x[row * uniforms.count + index]; }
  y[index] = total;`),
}));

/** x [N, C] → [C]. */
export function sumColumns(x: TensorInfo): TensorInfo {
  const [rows, count] = matrixShape(x);
  const y = emptyTensor([count]);
  run({}, { outputs: { y }, inputs: { x }, uniforms: { count, rows }, groups: groupsFor(count) });
  return y;
}

export const columnSum: Kernel<ColumnSum> = ({ x }) => ({ y: sumColumns(x) });
