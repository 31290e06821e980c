/** LayerNorm and its gradient on WebGPU: one group a row; the variance from centered values. */
import { disposeTensor, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import { sumColumns } from '../column-sum/program.ts';
import type { Kernel } from '../define-op.ts';
import {
  normBackwardVariants,
  normCall,
  normVariants,
  type BakedNorm,
  type BakedNormBackward,
} from '../rms-norm/program.ts';
import { perRow, reduction, sumReduction } from '../wgsl-entry.ts';
import { defineProgram } from '../wgsl-program.ts';
import type { GammaGradient, LayerNorm, LayerNormBackward } from './layer-norm.ts';

const uniforms = { rows: 'i32', width: 'i32', epsilon: 'f32' } as const;

const statistics = (lanes: number) => `let start = row * uniforms.width;
  let width = f32(uniforms.width);
  var total = 0.0;
  for (var c = lane; c < uniforms.width; c += ${lanes}) { total += x[start + c]; }
  let mean = sumOf(total, lane) / width;
  var squares = 0.0;
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    let centered = x[start + c] - mean;
    squares += centered * centered;
  }
  let rho = inverseSqrt(sumOf(squares, lane) / width + uniforms.epsilon);`;
const runForward = defineProgram<BakedNorm>('layer norm', normVariants, ({ lanes }) => ({
  outputs: { y: 'f32' },
  inputs: { x: 'f32', gamma: 'f32', beta: 'f32' },
  uniforms,
  code: `${sumReduction('sumOf', lanes)}
${perRow(
  `${statistics(lanes)}
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    y[start + c] = gamma[c] * (x[start + c] - mean) * rho + beta[c];
  }`,
  lanes,
)}`,
}));

const runBackward = defineProgram<BakedNormBackward>(
  'layer norm backward',
  normBackwardVariants,
  ({ lanes, soFar }) => ({
    outputs: { dx: 'f32' },
    inputs: { x: 'f32', gamma: 'f32', dy: 'f32', ...(soFar && { soFar: 'f32' }) },
    uniforms,
    code: `${sumReduction('sumOf', lanes)}
${reduction('sumOfPairs', 'vec2<f32>', (a, b) => `${a} + ${b}`, lanes)}
${perRow(
  `${statistics(lanes)}
  var sums = vec2(0.0);
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    let scaled = gamma[c] * dy[start + c];
    sums += scaled * vec2(1.0, (x[start + c] - mean) * rho);
  }
  let means = sumOfPairs(sums, lane) / width;
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    let normalized = (x[start + c] - mean) * rho;
    dx[start + c] = ${soFar ? 'soFar[start + c] + ' : ''}rho * (gamma[c] * dy[start + c] - means.x - normalized * means.y);
  }`,
  lanes,
)}`,
  }),
);

const runAlong = defineProgram<BakedNorm>('layer norm along', normVariants, ({ lanes }) => ({
  outputs: { along: 'f32' },
  inputs: { x: 'f32', dy: 'f32' },
  uniforms,
  code: `${sumReduction('sumOf', lanes)}
${perRow(
  `${statistics(lanes)}
  for (var c = lane; c < uniforms.width; c += ${lanes}) {
    along[start + c] = dy[start + c] * (x[start + c] - mean) * rho;
  }`,
  lanes,
)}`,
}));

export const layerNorm: Kernel<LayerNorm> = (inputs, attributes) => {
  const y = emptyTensor(inputs.x.shape);
  const { lanes, call } = normCall(inputs.x, attributes);
  runForward({ lanes }, { outputs: { y }, inputs, ...call });
  return { y };
};

export const layerNormBackward: Kernel<LayerNormBackward> = (inputs, attributes) => {
  const dx = emptyTensor(inputs.x.shape);
  const { lanes, call } = normCall(inputs.x, attributes);
  const soFar = inputs.soFar !== undefined;
  runBackward({ lanes, soFar }, { outputs: { dx }, inputs, ...call });
  return { dx };
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
