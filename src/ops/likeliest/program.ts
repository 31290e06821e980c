/** The likeliest token on WebGPU: a group a row, the largest value and then its first place. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { BackendKernel } from '../register.ts';
import { defineProgram, perRow, reduction, spread } from '../wgsl-program.ts';

const LANES = 256;

const runLikeliest = defineProgram('likeliest', () => ({
  outputs: { best: 'i32' },
  inputs: { logits: 'f32' },
  uniforms: { rows: 'i32', width: 'i32' },
  code: `${reduction('largestOf', 'f32', (a, b) => `max(${a}, ${b})`, LANES)}
${reduction('firstOf', 'i32', (a, b) => `min(${a}, ${b})`, LANES)}
${perRow(
  `let start = row * uniforms.width;
  var own = -3e38;
  for (var v = lane; v < uniforms.width; v += ${LANES}) { own = max(own, logits[start + v]); }
  let largest = largestOf(own, lane);
  var ownFirst = uniforms.width;
  for (var v = lane; v < uniforms.width; v += ${LANES}) {
    if (logits[start + v] == largest) { ownFirst = min(ownFirst, v); }
  }
  let first = firstOf(ownFirst, lane);
  if (lane == 0) { best[row] = first; }`,
  LANES,
)}`,
}));

/** logits [M, V] → int32 [M]. */
export const likeliestKernel: BackendKernel = ({ logits }) => {
  const [rows, width] = logits!.shape as [number, number];
  const best = emptyTensor([rows], 'int32');
  runLikeliest(
    {},
    {
      outputs: { best },
      inputs: { logits: logits! },
      uniforms: { rows, width },
      groups: spread(rows),
    },
  );
  return best;
};
