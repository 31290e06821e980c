/** Head and cross-entropy from stock tfjs ops, with the logits whole. */
import {
  argMax,
  cast,
  equal,
  exp,
  expandDims,
  gather,
  logSumExp,
  mul,
  oneHot,
  reshape,
  scatterND,
  squeeze,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import { matrixProduct } from '../linear/reference.ts';
import { lengthOf, matrixShape } from '../shape.ts';
import { matrixOf } from '../widen/widen.ts';
import type { CrossEntropy, CrossEntropyWeightGradient, ScatterRows } from './cross-entropy.ts';

export const crossEntropy: Reference<CrossEntropy> = (inputs, attributes) => {
  const weight = matrixOf(inputs.w, attributes);
  const { logits, chosen } = logitsOf(inputs, weight);
  const lse = logSumExp(logits, -1, true);
  const nll = sub(squeeze(lse, [1]), sum(mul(logits, chosen), -1));
  const correct = cast(equal(argMax(logits, -1), inputs.targets), 'float32');
  if (!attributes.gradient) return { nll, correct };
  const dLogits = sub(exp(sub(logits, lse)), chosen);
  return { nll, correct, dx: matrixProduct(dLogits, weight) };
};

export const scatterRows: Reference<ScatterRows> = ({ dx, dy, rows }, { count }) => {
  const [, columns] = matrixShape(dx);
  const scaled = mul(dx, expandDims(dy, 1));
  return { y: scatterND(expandDims(rows, 1), scaled, [count, columns]) };
};

export const crossEntropyWeightGradient: Reference<CrossEntropyWeightGradient> = (
  inputs,
  attributes,
) => {
  const { logits, chosen, hidden } = logitsOf(inputs, matrixOf(inputs.w, attributes));
  const lse = logSumExp(logits, -1, true);
  const dLogits = mul(sub(exp(sub(logits, lse)), chosen), expandDims(inputs.dy, 1));
  return { dw: matrixProduct(dLogits, hidden, true, false) };
};

function logitsOf({ x, rows, targets }: Record<'x' | 'rows' | 'targets', Tensor>, weight: Tensor) {
  const hidden = gather(x, rows);
  const logits = matrixProduct(hidden, weight, false, true);
  const chosen = reshape(oneHot(targets, lengthOf(weight), 1, 0, 'float32'), logits.shape);
  return { hidden, logits, chosen };
}
