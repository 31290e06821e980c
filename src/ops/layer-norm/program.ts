/** LayerNorm and its gradient on WebGPU: one group a row; the variance from centered values. */
import { disposeTensor, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import { sumColumns } from '../column-sum/program.ts';
import type { BackendKernel } from '../register.ts';
import { normCall, type BakedNorm, type BakedNormBackward } from '../rms-norm/program.ts';
import { defineProgram, perRow, reduction, sumReduction } from '../wgsl-program.ts';

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

const runForward = defineProgram<BakedNorm>('layer norm', ({ lanes }) => ({
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

const runBackward = defineProgram<BakedNormBackward>('layer norm backward', ({ lanes, soFar }) => ({
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
}));

const runAlong = defineProgram<BakedNorm>('layer norm along', ({ lanes }) => ({
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

/** x [N, C], gamma and beta [C] → [N, C]. */
export const layerNormKernel: BackendKernel = ({ x, gamma, beta }, attributes) => {
  const y = emptyTensor(x!.shape);
  const inputs = { x: x!, gamma: gamma!, beta: beta! };
  const { lanes, call } = normCall(x!, attributes);
  runForward({ lanes }, { outputs: { y }, inputs, ...call });
  return y;
};

/** x, dy [N, C], gamma [C] → dx [N, C], plus soFar [N, C] if given. */
export const layerNormBackwardKernel: BackendKernel = ({ x, gamma, dy, soFar }, attributes) => {
  const dx = emptyTensor(x!.shape);
  const inputs = { x: x!, gamma: gamma!, dy: dy!, ...(soFar && { soFar }) };
  const { lanes, call } = normCall(x!, attributes);
  runBackward({ lanes, soFar: soFar !== undefined }, { outputs: { dx }, inputs, ...call });
  return dx;
};

/** x, dy [N, C] → dγ [C]: dy∘x̂ by rows, then its sums by columns. */
export const layerNormGammaGradientKernel: BackendKernel = ({ x, dy }, attributes) => {
  const along = emptyTensor(x!.shape);
  const { lanes, call } = normCall(x!, attributes);
  runAlong({ lanes }, { outputs: { along }, inputs: { x: x!, dy: dy! }, ...call });
  const gradient = sumColumns(along);
  disposeTensor(along);
  return gradient;
};
