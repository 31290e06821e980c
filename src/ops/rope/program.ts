/** Rotary embedding on WebGPU, value by value: what is not rotated is copied. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { BackendKernel } from '../register.ts';
import { defineProgram, groupsFor, perValue } from '../wgsl-program.ts';
import type { RopeAttributes } from './rope.ts';

interface BakedRope extends Record<string, number | boolean> {
  heads: number;
  headDim: number;
  rotaryDim: number;
  inverse: boolean;
}

const runRope = defineProgram<BakedRope>('rope', ({ heads, headDim, rotaryDim, inverse }) => {
  const half = rotaryDim / 2;
  return {
    outputs: { y: 'f32' },
    inputs: { x: 'f32', table: 'f32', positions: 'i32' },
    uniforms: { count: 'i32', width: 'i32' },
    code: perValue(`let row = index / uniforms.width;
  let column = index % uniforms.width;
  let d = column % ${headDim};
  if (column >= ${heads * headDim} || d >= ${rotaryDim}) {
    y[index] = x[index];
    return;
  }
  let angles = positions[row] * ${rotaryDim} + d % ${half};
  let cosine = table[angles];
  let sine = ${inverse ? '-' : ''}table[angles + ${half}];
  if (d < ${half}) {
    y[index] = x[index] * cosine - x[index + ${half}] * sine;
  } else {
    y[index] = x[index] * cosine + x[index - ${half}] * sine;
  }`),
  };
});

/** x [N, W], table [positions, rotaryDim], positions int32 [N] → [N, W]. */
export const ropeKernel: BackendKernel = ({ x, table, positions }, attributes) => {
  const { heads, headDim, rotaryDim, inverse } = attributes as RopeAttributes;
  const [rows, width] = x!.shape as [number, number];
  const y = emptyTensor([rows, width]);
  const count = rows * width;
  runRope(
    { heads, headDim, rotaryDim, inverse },
    {
      outputs: { y },
      inputs: { x: x!, table: table!, positions: positions! },
      uniforms: { count, width },
      groups: groupsFor(count),
    },
  );
  return y;
};
