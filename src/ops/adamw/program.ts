/**
 * AdamW in place and Σ x² on WebGPU; the sum in a fixed order, so that clipping repeats bit for bit.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { disposeTensor, emptyTensor, sameData } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { sizeOf } from '../shape.ts';
import { GROUP, groupsFor, perRow, perValue, sumReduction } from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { AdamW, SquaredSum } from './adamw.ts';

const runAdamW = defineProgram('adamw', () => ({
  outputs: { parameter: 'f32', momentum: 'f32', variance: 'f32' },
  inputs: { gradient: 'f32' },
  uniforms: {
    count: 'i32',
    gradientScale: 'f32',
    beta1: 'f32',
    beta2: 'f32',
    rest1: 'f32',
    rest2: 'f32',
    decayed: 'i32',
    decay: 'f32',
    step: 'f32',
    correction2: 'f32',
    epsilon: 'f32',
  },
  code: perValue(`let g = gradient[index] * uniforms.gradientScale;
  let m = uniforms.beta1 * momentum[index] + uniforms.rest1 * g;
  let v = uniforms.beta2 * variance[index] + uniforms.rest2 * g * g;
  momentum[index] = m;
  variance[index] = v;
  let kept = select(1.0, uniforms.decay, index < uniforms.decayed);
  parameter[index] = parameter[index] * kept
    - uniforms.step * m / (sqrt(v / uniforms.correction2) + uniforms.epsilon);`),
}));

/** Written in place. */
export const adamW: Kernel<AdamW> = (inputs, attributes) => {
  const { lr, beta1, beta2, epsilon, weightDecay, decayed } = attributes;
  const { correction1, correction2, gradientScale } = attributes;
  const { parameter, gradient, momentum, variance } = inputs;
  const count = sizeOf(parameter.shape);
  runAdamW(
    {},
    {
      outputs: { parameter, momentum, variance },
      inputs: { gradient },
      uniforms: {
        count,
        gradientScale,
        beta1,
        beta2,
        rest1: 1 - beta1,
        rest2: 1 - beta2,
        decayed,
        decay: 1 - lr * weightDecay,
        step: lr / correction1,
        correction2,
        epsilon,
      },
      groups: groupsFor(count),
    },
  );
  return {
    parameter: sameData(parameter),
    momentum: sameData(momentum),
    variance: sameData(variance),
  };
};

const sumVariants: Variants<{ squared: boolean }> = {
  squares: { squared: true },
  values: { squared: false },
};

/** Each group sums one run of `span` values; summed again until one value is left. */
const runSum = defineProgram<{ squared: boolean }>('sum', sumVariants, ({ squared }) => ({
  outputs: { sums: 'f32' },
  inputs: { x: 'f32' },
  uniforms: { rows: 'i32', count: 'i32', span: 'i32' },
  code: `${sumReduction('sumOf')}
${perRow(`var laneSum = 0.0;
  let end = min(uniforms.count, (row + 1) * uniforms.span);
  for (var i = row * uniforms.span + lane; i < end; i += ${GROUP}) {
    laneSum += ${squared ? 'x[i] * x[i]' : 'x[i]'};
  }
  let total = sumOf(laneSum, lane);
  if (lane == 0) { sums[row] = total; }`)}`,
}));

/** Values one group sums at most, and groups of the first pass at most. */
const SPAN = 4096;
const MAX_PARTS = 1024;

/** One dispatch for up to 4096 values, else two. */
export const squaredSum: Kernel<SquaredSum> = ({ x }) => {
  const count = sizeOf(x.shape);
  const parts = Math.min(MAX_PARTS, Math.ceil(count / SPAN));
  const sumOf = (input: TensorInfo, values: number, rows: number, squared: boolean) => {
    const sums = emptyTensor(rows === 1 ? [] : [rows]);
    runSum(
      { squared },
      {
        outputs: { sums },
        inputs: { x: input },
        uniforms: { rows, count: values, span: Math.ceil(values / rows) },
        groups: [rows, 1, 1],
      },
    );
    return sums;
  };
  const first = sumOf(x, count, parts, true);
  if (parts === 1) return { sum: first };
  const sum = sumOf(first, parts, 1, false);
  disposeTensor(first);
  return { sum };
};
