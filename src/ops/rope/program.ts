/** Rotary embedding on WebGPU, two values an invocation: what is not rotated is copied. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { Rope } from './rope.ts';

interface BakedRope extends Record<string, number | boolean> {
  heads: number;
  headDim: number;
  rotaryDim: number;
  inverse: boolean;
}

const ropeVariants: Variants<BakedRope> = {
  whole: { heads: 3, headDim: 64, rotaryDim: 64, inverse: false },
  'part-inverse': { heads: 3, headDim: 5, rotaryDim: 2, inverse: true },
};

const runRope = defineProgram<BakedRope>(
  'rope',
  ropeVariants,
  ({ heads, headDim, rotaryDim, inverse }) => {
    const half = rotaryDim / 2;
    /** Pairs of a head that are not rotated. */
    const rest = Math.ceil((headDim - rotaryDim) / 2);
    return {
      outputs: { y: 'f32' },
      inputs: { x: 'f32', table: 'f32', positions: 'i32' },
      uniforms: { count: 'i32', width: 'i32', pairs: 'i32' },
      // What is not rotated comes in pairs of neighbors; the last one of an odd width is alone.
      code: perValue(`let row = index / uniforms.pairs;
  let pair = index - row * uniforms.pairs;
  let start = row * uniforms.width;
  let head = pair / ${half + rest};
  let d = pair - head * ${half + rest};
  if (head < ${heads} && d < ${half}) {
    let at = start + head * ${headDim} + d;
    let angles = positions[row] * ${rotaryDim} + d;
    let cosine = table[angles];
    let sine = ${inverse ? '-' : ''}table[angles + ${half}];
    let first = x[at];
    let second = x[at + ${half}];
    y[at] = first * cosine - second * sine;
    y[at + ${half}] = second * cosine + first * sine;
    return;
  }
  // Values beside the rotated ones of a head, or behind the last head.
  let inside = head < ${heads};
  let behind = ${heads * headDim} + 2 * (pair - ${heads * (half + rest)});
  let column = select(behind, head * ${headDim} + ${rotaryDim} + 2 * (d - ${half}), inside);
  let end = select(uniforms.width, (head + 1) * ${headDim}, inside);
  y[start + column] = x[start + column];
  if (column + 1 < end) { y[start + column + 1] = x[start + column + 1]; }`),
    };
  },
);

export const rope: Kernel<Rope> = (inputs, { heads, headDim, rotaryDim, inverse }) => {
  const [rows, width] = matrixShape(inputs.x);
  const y = emptyTensor([rows, width]);
  const unrotated = Math.ceil((headDim - rotaryDim) / 2);
  const pairs = heads * (rotaryDim / 2 + unrotated) + Math.ceil((width - heads * headDim) / 2);
  const count = rows * pairs;
  const uniforms = { count, width, pairs };
  const baked = { heads, headDim, rotaryDim, inverse };
  runRope(baked, { outputs: { y }, inputs, uniforms, groups: groupsFor(count) });
  return { y };
};
