/** The likeliest token on WebGPU: a group a row, the largest value and then its first place. */
import { rowLanes } from '../../engine/webgpu/kernel-variants.ts';
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import { perRow, reduction, rowGroups } from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { Likeliest } from './likeliest.ts';

/** Invocations for a row. */
const LANES = 256;
const likeliestVariants: Variants<{ lanes: number }> = {
  group: { lanes: LANES },
  invocation: { lanes: 1 },
};

const runLikeliest = defineProgram<{ lanes: number }>(
  'likeliest',
  likeliestVariants,
  ({ lanes }) => ({
    outputs: { best: 'i32' },
    inputs: { logits: 'f32' },
    uniforms: { rows: 'i32', width: 'i32' },
    code: `${reduction('largestOf', 'f32', (a, b) => `max(${a}, ${b})`, lanes)}
${reduction('firstOf', 'i32', (a, b) => `min(${a}, ${b})`, lanes)}
${perRow(
  `let start = row * uniforms.width;
  var laneLargest = -3e38;
  for (var v = lane; v < uniforms.width; v += ${lanes}) { laneLargest = max(laneLargest, logits[start + v]); }
  let largest = largestOf(laneLargest, lane);
  var laneFirst = uniforms.width;
  for (var v = lane; v < uniforms.width; v += ${lanes}) {
    if (logits[start + v] == largest) { laneFirst = min(laneFirst, v); }
  }
  let first = firstOf(laneFirst, lane);
  if (lane == 0) { best[row] = first; }`,
  lanes,
)}`,
  }),
);

export const likeliest: Kernel<Likeliest> = (inputs) => {
  const [rows, width] = matrixShape(inputs.logits);
  const best = emptyTensor([rows], 'int32');
  const lanes = rowLanes(LANES);
  const uniforms = { rows, width };
  runLikeliest({ lanes }, { outputs: { best }, inputs, uniforms, groups: rowGroups(rows, lanes) });
  return { best };
};
