/** RMSNorm and its gradient on WebGPU: one group a row, one pass to sum and one to write. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { rowLanes } from '../../engine/webgpu/kernel-variants.ts';
import { disposeTensor, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import { sumColumns } from '../column-sum/program.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import { GROUP, perRow, reduction, rowGroups, sumReduction } from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { GammaGradient, NormAttributes, RmsNorm, RmsNormBackward } from './rms-norm.ts';

/** Programs of a norm. */
export interface BakedNorm extends Record<string, number | boolean> {
  /** Invocations for a row. */
  lanes: number;
}

export interface BakedNormBackward extends BakedNorm {
  /** Whether dx is added to what there is. */
  soFar: boolean;
}

export const normVariants: Variants<BakedNorm> = {
  group: { lanes: GROUP },
  invocation: { lanes: 1 },
};

export const normBackwardVariants: Variants<BakedNormBackward> = {
  group: { lanes: GROUP, soFar: true },
  invocation: { lanes: 1, soFar: false },
};

const uniforms = { rows: 'i32', width: 'i32', epsilon: 'f32' } as const;

const runForward = defineProgram<BakedNorm>('rms norm', normVariants, ({ lanes }) => ({
  outputs: { y: 'f32' },
  inputs: { x: 'f32', gamma: 'f32' },
  uniforms,
  code: `${sumReduction('sumOf', lanes)}
${perRow(
  `let start = row * uniforms.width;
  var squares = 0.0;
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    squares += x[start + c] * x[start + c];
  }
  let rho = inverseSqrt(sumOf(squares, lane) / f32(uniforms.width) + uniforms.epsilon);
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    y[start + c] = gamma[c] * x[start + c] * rho;
  }`,
  lanes,
)}`,
}));

// The mean of γ·dy·x̂ needs ρ only as a factor, so both sums are taken in one pass.
const runBackward = defineProgram<BakedNormBackward>(
  'rms norm backward',
  normBackwardVariants,
  ({ lanes, soFar }) => ({
    outputs: { dx: 'f32', y: 'f32' },
    inputs: { x: 'f32', gamma: 'f32', dy: 'f32', ...(soFar && { soFar: 'f32' }) },
    uniforms,
    code: `${reduction('sumOf', 'vec2<f32>', (a, b) => `${a} + ${b}`, lanes)}
${perRow(
  `let start = row * uniforms.width;
  var sums = vec2(0.0);
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    let value = x[start + c];
    sums += value * vec2(value, gamma[c] * dy[start + c]);
  }
  let means = sumOf(sums, lane) / f32(uniforms.width);
  let rho = inverseSqrt(means.x + uniforms.epsilon);
  let along = rho * rho * means.y;
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    dx[start + c] = ${soFar ? 'soFar[start + c] + ' : ''}rho * (gamma[c] * dy[start + c] - x[start + c] * along);
    y[start + c] = gamma[c] * x[start + c] * rho;
  }`,
  lanes,
)}`,
  }),
);

const runAlong = defineProgram<BakedNorm>('rms norm along', normVariants, ({ lanes }) => ({
  outputs: { along: 'f32' },
  inputs: { x: 'f32', dy: 'f32' },
  uniforms,
  code: `${sumReduction('sumOf', lanes)}
${perRow(
  `let start = row * uniforms.width;
  var squares = 0.0;
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    squares += x[start + c] * x[start + c];
  }
  let rho = inverseSqrt(sumOf(squares, lane) / f32(uniforms.width) + uniforms.epsilon);
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    along[start + c] = dy[start + c] * x[start + c] * rho;
  }`,
  lanes,
)}`,
}));

/** Invocations for a row of x, and what is common to all calls of a norm's programs. */
export function normCall(x: TensorInfo, { epsilon }: NormAttributes) {
  const [rows, width] = matrixShape(x);
  const lanes = rowLanes(GROUP);
  return { lanes, call: { uniforms: { rows, width, epsilon }, groups: rowGroups(rows, lanes) } };
}

export const rmsNorm: Kernel<RmsNorm> = (inputs, attributes) => {
  const y = emptyTensor(inputs.x.shape);
  const { lanes, call } = normCall(inputs.x, attributes);
  runForward({ lanes }, { outputs: { y }, inputs, ...call });
  return { y };
};

export const rmsNormBackward: Kernel<RmsNormBackward> = (inputs, attributes) => {
  const dx = emptyTensor(inputs.x.shape);
  const y = emptyTensor(inputs.x.shape);
  const { lanes, call } = normCall(inputs.x, attributes);
  const soFar = inputs.soFar !== undefined;
  runBackward({ lanes, soFar }, { outputs: { dx, y }, inputs, ...call });
  return { dx, y };
};

/** dy∘x̂ by rows, then its sums by columns. */
export const gammaGradient: Kernel<GammaGradient> = (inputs, attributes) => {
  const along = emptyTensor(inputs.x.shape);
  const { lanes, call } = normCall(inputs.x, attributes);
  runAlong({ lanes }, { outputs: { along }, inputs, ...call });
  const dgamma = sumColumns(along);
  disposeTensor(along);
  return { dgamma };
};
