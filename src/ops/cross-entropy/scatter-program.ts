/** Rows of a gradient put back at their places on WebGPU. */
import { clear, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { BackendKernel } from '../register.ts';
import { defineProgram, groupsFor, perValue } from '../wgsl-program.ts';
import type { ScatterRowsAttributes } from './cross-entropy.ts';

// Rows are distinct, so no two invocations write the same value.
const runScatter = defineProgram('scatter rows', () => ({
  outputs: { y: 'f32' },
  inputs: { dx: 'f32', dy: 'f32', rows: 'i32' },
  uniforms: { count: 'i32', columns: 'i32' },
  code: perValue(`let i = index / uniforms.columns;
  y[rows[i] * uniforms.columns + index % uniforms.columns] = dx[index] * dy[i];`),
}));

/** dx [M, C] scaled by dy [M] and put at its rows of a zero [count, C]. */
export const scatterRowsKernel: BackendKernel = ({ dx, dy, rows }, attributes) => {
  const { count: resultRows } = attributes as ScatterRowsAttributes;
  const [listed, columns] = dx!.shape as [number, number];
  const y = emptyTensor([resultRows, columns]);
  clear(y);
  const count = listed * columns;
  runScatter(
    {},
    {
      outputs: { y },
      inputs: { dx: dx!, dy: dy!, rows: rows! },
      uniforms: { count, columns },
      groups: groupsFor(count),
    },
  );
  return y;
};
