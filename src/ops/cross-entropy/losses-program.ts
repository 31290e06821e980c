/** From logits to losses on WebGPU; the logits may become their own gradient. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { rowLanes } from '../../engine/webgpu/kernel-variants.ts';
import { perRow, reduction, rowGroups, sumReduction } from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';

interface BakedLosses extends Record<string, string | number> {
  /** Invocations for a row. */
  lanes: number;
  /** What the logits become: nothing new, d nll, or d nll times the incoming gradient. */
  gradient: 'none' | 'plain' | 'scaled';
}

const lossesVariants: Variants<BakedLosses> = {
  group: { lanes: 64, gradient: 'none' },
  'group-gradient': { lanes: 64, gradient: 'plain' },
  'invocation-scaled': { lanes: 1, gradient: 'scaled' },
};

const runLosses = defineProgram<BakedLosses>(
  'cross-entropy losses',
  lossesVariants,
  ({ lanes, gradient }) => ({
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
  var laneLargest = -3e38;
  for (var v = lane; v < uniforms.vocabulary; v += ${lanes}) { laneLargest = max(laneLargest, logits[start + v]); }
  let largest = largestOf(laneLargest, lane);
  var laneSum = 0.0;
  var laneFirst = uniforms.vocabulary;
  for (var v = lane; v < uniforms.vocabulary; v += ${lanes}) {
    let logit = logits[start + v];
    laneSum += exp(logit - largest);
    if (logit == largest) { laneFirst = min(laneFirst, v); }
  }
  let lse = largest + log(sumOf(laneSum, lane));
  let likeliest = firstOf(laneFirst, lane);
  if (lane == 0) {
    nll[uniforms.first + row] = lse - logits[start + chosen];
    correct[uniforms.first + row] = select(0.0, 1.0, likeliest == chosen);
  }
  ${
    gradient === 'none'
      ? ''
      : `${lanes === 1 ? '' : 'storageBarrier();'}
  for (var v = lane; v < uniforms.vocabulary; v += ${lanes}) {
    let d = exp(logits[start + v] - lse) - select(0.0, 1.0, v == chosen);
    logits[start + v] = d${gradient === 'scaled' ? ' * dy[uniforms.first + row]' : ''};
  }`
  }`,
  lanes,
)}`,
  }),
);

export interface Losses {
  /** [rows of the chunk, V] */
  logits: TensorInfo;
  /** [M] each; written from `first` on. */
  nll: TensorInfo;
  correct: TensorInfo;
  /** int32 [M] */
  targets: TensorInfo;
  first: number;
  rows: number;
  vocabulary: number;
  /** Whether the logits become d nll, or what to multiply that by, [M]. */
  gradient: boolean | TensorInfo;
}

export function computeLosses(losses: Losses): void {
  const { logits, nll, correct, targets, first, rows, vocabulary, gradient } = losses;
  const scaled = typeof gradient === 'object';
  const lanes = rowLanes(vocabulary > 1024 ? 256 : 64);
  runLosses(
    { lanes, gradient: scaled ? 'scaled' : gradient ? 'plain' : 'none' },
    {
      outputs: { logits, nll, correct },
      inputs: { targets, dy: scaled ? gradient : undefined },
      uniforms: { first, rows, vocabulary },
      groups: rowGroups(rows, lanes),
    },
  );
}
