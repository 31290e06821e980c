/** Head and cross-entropy from stock tfjs ops, with the logits whole. */
import {
  argMax,
  cast,
  equal,
  exp,
  expandDims,
  gather,
  logSumExp,
  matMul,
  mul,
  oneHot,
  reshape,
  scatterND,
  squeeze,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { weightFrom } from '../linear/reference.ts';
import type { Inputs } from '../tape.ts';
import type { CrossEntropyAttributes, ScatterRowsAttributes } from './cross-entropy.ts';

/** x [N, C], w [V, C], rows and targets int32 [M] → nll [M], correct [M], and dx [M, C]. */
export function crossEntropyReference(inputs: Inputs, attributes: object): Tensor[] {
  const { gradient } = attributes as CrossEntropyAttributes;
  const weight = weightFrom(inputs, attributes) as Tensor2D;
  const { logits, chosen } = logitsOf(inputs, weight);
  const lse = logSumExp(logits, -1, true);
  const nll = sub(squeeze(lse, [1]), sum(mul(logits, chosen), -1));
  const correct = cast(equal(argMax(logits, -1), inputs['targets']!), 'float32');
  if (!gradient) return [nll, correct];
  const dLogits = sub(exp(sub(logits, lse)), chosen);
  return [nll, correct, matMul(dLogits as Tensor2D, weight)];
}

/** dx [M, C] scaled by dy [M] and put at its rows of a zero [count, C]. */
export function scatterRowsReference({ dx, dy, rows }: Inputs, attributes: object): Tensor {
  const { count } = attributes as ScatterRowsAttributes;
  const scaled = mul(dx!, expandDims(dy!, 1));
  return scatterND(expandDims(rows!, 1), scaled, [count, scaled.shape[1]!]);
}

/** x, rows, targets, w as above and dy [M] → dW [V, C]. */
export function crossEntropyWeightGradientReference(inputs: Inputs, attributes: object): Tensor {
  const weight = weightFrom(inputs, attributes) as Tensor2D;
  const { logits, chosen, hidden } = logitsOf(inputs, weight);
  const lse = logSumExp(logits, -1, true);
  const dLogits = mul(sub(exp(sub(logits, lse)), chosen), expandDims(inputs['dy']!, 1));
  return matMul(dLogits as Tensor2D, hidden, true, false);
}

function logitsOf(inputs: Inputs, weight: Tensor2D) {
  const hidden = gather(inputs['x']!, inputs['rows']!) as Tensor2D;
  const logits = matMul(hidden, weight, false, true);
  const chosen = reshape(
    oneHot(inputs['targets']!, weight.shape[0], 1, 0, 'float32'),
    logits.shape,
  );
  return { hidden, logits, chosen };
}
