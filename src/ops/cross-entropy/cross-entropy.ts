/**
 * The output head and the cross-entropy as one op, on the rows that count and in chunks, so that
 * the logits [M, V] are never whole. With z = x·Wᵀ: nll = logsumexp(z) − z[target], and
 * d nll/d x = (softmax(z) − onehot(target))·W, which is computed on the way while the chunk's
 * logits exist and scaled by the incoming gradient later. Training loss and perplexity are this
 * same op.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import { lengthOf } from '../shape.ts';
import { weightAttributes, type Weight, type WeightAttributes } from '../weight.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as scatterRowsWebGpu from './scatter-program.ts';
import * as wasm from './wasm.ts';

export interface CrossEntropyAttributes extends WeightAttributes {
  /** Whether the gradient of x is wanted too. */
  gradient: boolean;
}

export interface ScatterRowsAttributes {
  /** Rows of the result. */
  count: number;
}

/** x [N, C], w [V, C], rows and targets int32 [M] → nll, correct [M], and dx [M, C] if wanted. */
export type CrossEntropy = Signature<
  'x' | 'w*' | 'rows' | 'targets',
  'nll' | 'correct' | 'dx?',
  CrossEntropyAttributes
>;
/** x, w, rows, targets as above and dy [M] → dw [V, C]. */
export type CrossEntropyWeightGradient = Signature<
  'x' | 'w*' | 'rows' | 'targets' | 'dy',
  'dw',
  WeightAttributes
>;
/** dx [M, C] scaled by dy [M] and put at its rows of a zero y [count, C]. */
export type ScatterRows = Signature<'dx' | 'dy' | 'rows', 'y', ScatterRowsAttributes>;

export const crossEntropyOp = defineOp({
  name: 'IdiolectCrossEntropy',
  inputs: ['x', 'w*', 'rows', 'targets'],
  outputs: ['nll', 'correct', 'dx?'],
  results: ['nll', 'correct'],
  reference: reference.crossEntropy,
  wasm: wasm.crossEntropy,
  webgpu: webgpu.crossEntropy,
  saved: ['x', 'w*', 'rows', 'targets', 'dx?'],
  backward: ({ dy, saved: { x, w, rows, targets, dx }, attributes }) => ({
    x: () => dx && scatterRows.run({ dx, dy, rows }, { count: lengthOf(x) }).y,
    w: [() => crossEntropyWeightGradient.run({ x, w, rows, targets, dy }, attributes).dw],
  }),
});

export const crossEntropyWeightGradient = defineOp({
  name: 'IdiolectCrossEntropyWeightGradient',
  inputs: ['x', 'w*', 'rows', 'targets', 'dy'],
  outputs: ['dw'],
  reference: reference.crossEntropyWeightGradient,
  wasm: wasm.crossEntropyWeightGradient,
  webgpu: webgpu.crossEntropyWeightGradient,
});

export const scatterRows = defineOp({
  name: 'IdiolectScatterRows',
  inputs: ['dx', 'dy', 'rows'],
  outputs: ['y'],
  reference: reference.scatterRows,
  wasm: wasm.scatterRows,
  webgpu: scatterRowsWebGpu.scatterRows,
});

// A type, not an interface: tfjs's tidy takes only what has an index signature.
export type TokenLosses = {
  /** Negative log-likelihood of each target, nats, [M]; differentiable in x and the head. */
  nll: Tensor;
  /** 1 where the target has the largest logit, else 0, [M]. */
  correct: Tensor;
};

/**
 * @param x [N, C]: final hidden states
 * @param head [V, C]
 * @param rows int32 [M], distinct: which rows of x predict something
 * @param targets int32 [M]: the token each of them should predict
 * @param gradient false when nobody will differentiate: saves half of the work
 */
export function crossEntropy(
  x: Tensor,
  head: Weight,
  rows: Tensor,
  targets: Tensor,
  gradient: boolean,
): TokenLosses {
  const inputs = { x, w: head.parts, rows, targets };
  return crossEntropyOp.apply(inputs, { ...weightAttributes(head), gradient });
}
