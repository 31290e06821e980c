/**
 * Head and cross-entropy on WebGPU: three dispatches for each chunk of rows, whose logits are as
 * large as a byte budget allows. (1) logits of the chunk, (2) losses, logits overwritten by their
 * gradient, (3) that gradient times the head.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { disposeTensor, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import { partNames, partsOf } from '../linear/program.ts';
import type { BackendKernel } from '../register.ts';
import type { WeightFormat } from '../weight.ts';
import { matmulGroups, matmulText, planMatmul, type MatmulPlan } from '../wgsl-matmul.ts';
import { elementType, matrixReader, matrixWriter } from '../wgsl-matrix.ts';
import {
  defineProgram,
  groupsFor,
  perRow,
  perValue,
  reduction,
  spread,
  sumReduction,
} from '../wgsl-program.ts';
import type { CrossEntropyAttributes, ScatterRowsAttributes } from './cross-entropy.ts';

/**
 * Logits held at once: 85 rows of a vocabulary of 49,152. A larger chunk reads the head fewer
 * times, but adds to the peak, which comes here, when all activations are there.
 */
export const LOGITS_BYTES = 16 * 2 ** 20;

interface BakedHead extends Record<string, string | number | boolean> {
  plan: MatmulPlan;
  format: WeightFormat;
  parts: number;
  alignedIn: boolean;
  alignedVocabulary: boolean;
}

const columns = { width: 'uniforms.columns', limit: 'uniforms.columns' };
const vocabulary = { width: 'uniforms.vocabulary', limit: 'uniforms.vocabulary' };
const headUniforms = {
  /** First row of the chunk among the rows that count, and rows in the chunk. */
  first: 'i32',
  count: 'i32',
  vocabulary: 'i32',
  columns: 'i32',
  partRows: 'i32',
} as const;

const headBuffers = ({ parts, format, alignedIn }: BakedHead) =>
  Object.fromEntries(partNames(parts).map((name) => [name, elementType(format, alignedIn)]));

const headReader = ({ parts, format, alignedIn }: BakedHead) =>
  matrixReader({
    name: 'headRow',
    buffers: partNames(parts),
    format,
    aligned: alignedIn,
    partRows: 'uniforms.partRows',
    ...columns,
  });

const runLogits = defineProgram<BakedHead>('cross-entropy logits', (baked) => {
  const { plan, alignedIn, alignedVocabulary } = baked;
  return {
    outputs: { logits: elementType('f32', alignedVocabulary) },
    inputs: { x: elementType('f32', alignedIn), rows: 'i32', ...headBuffers(baked) },
    uniforms: headUniforms,
    code: `${matrixReader({ name: 'xRow', buffers: ['x'], format: 'f32', aligned: alignedIn, ...columns })}
${headReader(baked)}
fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(rows[uniforms.first + row], k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return headRow(row, k); }
${matrixWriter('logits', alignedVocabulary, 'uniforms.vocabulary')}
${matmulText({
  form: 'NT',
  plan,
  rows: 'uniforms.count',
  columns: 'uniforms.vocabulary',
  terms: { left: 'leftTerm', right: 'rightTerm', depth: 'uniforms.columns' },
})}`,
  };
});

const runInputGradient = defineProgram<BakedHead>('cross-entropy dx', (baked) => {
  const { plan, alignedIn, alignedVocabulary } = baked;
  return {
    outputs: { dx: elementType('f32', alignedIn) },
    inputs: { logits: elementType('f32', alignedVocabulary), ...headBuffers(baked) },
    uniforms: headUniforms,
    code: `${matrixReader({ name: 'logitsRow', buffers: ['logits'], format: 'f32', aligned: alignedVocabulary, ...vocabulary })}
${headReader(baked)}
fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return logitsRow(row, k); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return headRow(k, column); }
${matrixWriter('dx', alignedIn, 'uniforms.columns', '', '(uniforms.first + row) * uniforms.columns + column')}
${matmulText({
  form: 'NN',
  plan,
  rows: 'uniforms.count',
  columns: 'uniforms.columns',
  terms: { left: 'leftTerm', right: 'rightTerm', depth: 'uniforms.vocabulary' },
})}`,
  };
});

interface BakedLosses extends Record<string, string | number> {
  /** Invocations for a row. */
  lanes: number;
  /** What the logits become: nothing new, d nll, or d nll times the incoming gradient. */
  gradient: 'none' | 'plain' | 'scaled';
}

const runLosses = defineProgram<BakedLosses>('cross-entropy losses', ({ lanes, gradient }) => ({
  outputs: { logits: 'f32', nll: 'f32', correct: 'f32' },
  inputs: { targets: 'i32', ...(gradient === 'scaled' && { dy: 'f32' }) },
  uniforms: { first: 'i32', rows: 'i32', vocabulary: 'i32' },
  // The likeliest token is the first with the largest logit, as argMax would say.
  code: `${sumReduction('sumOf', lanes)}
${reduction('largestOf', 'f32', (a, b) => `max(${a}, ${b})`, lanes)}
${reduction('firstOf', 'i32', (a, b) => `min(${a}, ${b})`, lanes)}
${perRow(
  `let start = row * uniforms.vocabulary;
  let chosen = targets[uniforms.first + row];
  var own = -3e38;
  for (var v = lane; v < uniforms.vocabulary; v += ${lanes}) { own = max(own, logits[start + v]); }
  let largest = largestOf(own, lane);
  var ownSum = 0.0;
  var ownFirst = uniforms.vocabulary;
  for (var v = lane; v < uniforms.vocabulary; v += ${lanes}) {
    let logit = logits[start + v];
    ownSum += exp(logit - largest);
    if (logit == largest) { ownFirst = min(ownFirst, v); }
  }
  let lse = largest + log(sumOf(ownSum, lane));
  let likeliest = firstOf(ownFirst, lane);
  if (lane == 0) {
    nll[uniforms.first + row] = lse - logits[start + chosen];
    correct[uniforms.first + row] = select(0.0, 1.0, likeliest == chosen);
  }
  ${
    gradient === 'none'
      ? ''
      : `storageBarrier();
  for (var v = lane; v < uniforms.vocabulary; v += ${lanes}) {
    let d = exp(logits[start + v] - lse) - select(0.0, 1.0, v == chosen);
    logits[start + v] = d${gradient === 'scaled' ? ' * dy[uniforms.first + row]' : ''};
  }`
  }`,
  lanes,
)}`,
}));

interface BakedWeightGradient extends Record<string, string | boolean> {
  plan: MatmulPlan;
  alignedIn: boolean;
  alignedVocabulary: boolean;
}

const runWeightGradient = defineProgram<BakedWeightGradient>('cross-entropy dw', (baked) => {
  const { plan, alignedIn, alignedVocabulary } = baked;
  const add = alignedIn
    ? 'if (uniforms.first > 0) { value += dw[at / 4]; }'
    : `if (uniforms.first > 0) {
    for (var q = 0; q < 4; q++) {
      if (column + q < uniforms.columns) { value[q] += dw[at + q]; }
    }
  }`;
  return {
    outputs: { dw: elementType('f32', alignedIn) },
    inputs: {
      x: elementType('f32', alignedIn),
      rows: 'i32',
      logits: elementType('f32', alignedVocabulary),
    },
    uniforms: headUniforms,
    code: `${matrixReader({ name: 'logitsRow', buffers: ['logits'], format: 'f32', aligned: alignedVocabulary, ...vocabulary })}
${matrixReader({ name: 'xRow', buffers: ['x'], format: 'f32', aligned: alignedIn, ...columns })}
fn leftTerm(z : i32, k : i32, row : i32) -> vec4<f32> { return logitsRow(k, row); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> {
  return xRow(rows[uniforms.first + k], column);
}
${matrixWriter('dw', alignedIn, 'uniforms.columns', add)}
${matmulText({
  form: 'TN',
  plan,
  rows: 'uniforms.vocabulary',
  columns: 'uniforms.columns',
  terms: { left: 'leftTerm', right: 'rightTerm', depth: 'uniforms.count' },
})}`,
  };
});

/** The kernels of the head with a byte budget for the logits of one chunk. */
export function crossEntropyKernels(logitsBytes = LOGITS_BYTES) {
  /** Calls `visit` with the logits of each chunk, in order; all chunks share one buffer. */
  function eachChunk(
    inputs: Record<string, TensorInfo>,
    attributes: CrossEntropyAttributes,
    visit: (logits: TensorInfo, first: number, count: number, call: HeadCall) => void,
  ): void {
    const { format, rows: vocabulary_, columns: width, partRows } = attributes;
    const parts = partsOf(inputs);
    const total = inputs['rows']!.shape[0]!;
    const chunk = Math.max(1, Math.min(total, Math.floor(logitsBytes / (4 * vocabulary_))));
    const logits = emptyTensor([chunk, vocabulary_]);
    for (let first = 0; first < total; first += chunk) {
      const count = Math.min(chunk, total - first);
      const plan = planMatmul(count, vocabulary_);
      const call: HeadCall = {
        baked: {
          format,
          parts: Object.keys(parts).length,
          alignedIn: width % 4 === 0,
          alignedVocabulary: vocabulary_ % 4 === 0,
        },
        uniforms: { first, count, vocabulary: vocabulary_, columns: width, partRows },
        parts,
      };
      runLogits(
        { ...call.baked, plan },
        {
          outputs: { logits },
          inputs: { x: inputs['x']!, rows: inputs['rows']!, ...parts },
          uniforms: call.uniforms,
          groups: matmulGroups(plan, count, vocabulary_),
        },
      );
      visit(logits, first, count, call);
    }
    disposeTensor(logits);
  }

  /** x [N, C], w [V, C], rows and targets int32 [M] → nll [M], correct [M], and dx [M, C]. */
  const crossEntropyKernel: BackendKernel = (inputs, attributes) => {
    const own = attributes as CrossEntropyAttributes;
    const total = inputs['rows']!.shape[0]!;
    const nll = emptyTensor([total]);
    const correct = emptyTensor([total]);
    const dx = own.gradient ? emptyTensor([total, own.columns]) : undefined;
    eachChunk(inputs, own, (logits, first, count, { baked, uniforms, parts }) => {
      losses(logits, nll, correct, inputs['targets']!, first, count, own.rows, own.gradient);
      if (!dx) return;
      const plan = planMatmul(count, own.columns);
      runInputGradient(
        { ...baked, plan },
        {
          outputs: { dx },
          inputs: { logits, ...parts },
          uniforms,
          groups: matmulGroups(plan, count, own.columns),
        },
      );
    });
    return dx ? [nll, correct, dx] : [nll, correct];
  };

  /** x, rows, targets, w as above and dy [M] → dW [V, C]. */
  const crossEntropyWeightGradientKernel: BackendKernel = (inputs, attributes) => {
    const own = attributes as CrossEntropyAttributes;
    const total = inputs['rows']!.shape[0]!;
    const nll = emptyTensor([total]);
    const correct = emptyTensor([total]);
    const dw = emptyTensor([own.rows, own.columns]);
    const plan = planMatmul(own.rows, own.columns);
    eachChunk(inputs, own, (logits, first, count, { baked, uniforms }) => {
      losses(logits, nll, correct, inputs['targets']!, first, count, own.rows, inputs['dy']!);
      runWeightGradient(
        { plan, alignedIn: baked.alignedIn, alignedVocabulary: baked.alignedVocabulary },
        {
          outputs: { dw },
          inputs: { x: inputs['x']!, rows: inputs['rows']!, logits },
          uniforms,
          groups: matmulGroups(plan, own.rows, own.columns),
        },
      );
    });
    disposeTensor(nll);
    disposeTensor(correct);
    return dw;
  };

  return { crossEntropyKernel, crossEntropyWeightGradientKernel };
}

interface HeadCall {
  baked: Omit<BakedHead, 'plan'> & Pick<BakedHead, HeadShape>;
  uniforms: Record<'first' | 'count' | 'vocabulary' | 'columns' | 'partRows', number>;
  parts: Record<string, TensorInfo>;
}

type HeadShape = 'format' | 'parts' | 'alignedIn' | 'alignedVocabulary';

/** @param gradient whether the logits become d nll, or what to multiply that by */
function losses(
  logits: TensorInfo,
  nll: TensorInfo,
  correct: TensorInfo,
  targets: TensorInfo,
  first: number,
  rows: number,
  vocabularySize: number,
  gradient: boolean | TensorInfo,
): void {
  const scaled = typeof gradient === 'object';
  runLosses(
    {
      lanes: vocabularySize > 1024 ? 256 : 64,
      gradient: scaled ? 'scaled' : gradient ? 'plain' : 'none',
    },
    {
      outputs: { logits, nll, correct },
      inputs: { targets, ...(scaled && { dy: gradient }) },
      uniforms: { first, rows, vocabulary: vocabularySize },
      groups: spread(rows),
    },
  );
}

// Each value of the result looks for its row in the list: nothing is added, so the order is free.
const runScatter = defineProgram('scatter rows', () => ({
  outputs: { y: 'f32' },
  inputs: { dx: 'f32', dy: 'f32', rows: 'i32' },
  uniforms: { count: 'i32', columns: 'i32', listed: 'i32' },
  code: perValue(`let row = index / uniforms.columns;
  let column = index % uniforms.columns;
  var value = 0.0;
  for (var i = 0; i < uniforms.listed; i++) {
    if (rows[i] == row) { value = dx[i * uniforms.columns + column] * dy[i]; }
  }
  y[index] = value;`),
}));

/** dx [M, C] scaled by dy [M] and put at its rows of a zero [count, C]. */
export const scatterRowsKernel: BackendKernel = ({ dx, dy, rows }, attributes) => {
  const { count: resultRows } = attributes as ScatterRowsAttributes;
  const [listed, width] = dx!.shape as [number, number];
  const y = emptyTensor([resultRows, width]);
  const count = resultRows * width;
  runScatter(
    {},
    {
      outputs: { y },
      inputs: { dx: dx!, dy: dy!, rows: rows! },
      uniforms: { count, columns: width, listed },
      groups: groupsFor(count),
    },
  );
  return y;
};
