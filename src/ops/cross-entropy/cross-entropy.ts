/**
 * The output head and the cross-entropy as one op, on the rows that count and in chunks, so that
 * the logits [M, V] are never whole. With z = x·Wᵀ: nll = logsumexp(z) − z[target], and
 * d nll/d x = (softmax(z) − onehot(target))·W, which is computed on the way while the chunk's
 * logits exist and scaled by the incoming gradient later. Training loss and perplexity are this
 * same op.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernel, runKernelForOne, taped } from '../tape.ts';
import { weightAttributes, weightInputs, type Weight, type WeightAttributes } from '../weight.ts';

export const CROSS_ENTROPY = 'IdiolectCrossEntropy';
export const SCATTER_ROWS = 'IdiolectScatterRows';
export const CROSS_ENTROPY_WEIGHT_GRADIENT = 'IdiolectCrossEntropyWeightGradient';

export interface CrossEntropyAttributes extends WeightAttributes {
  /** Whether the gradient of x is wanted too. */
  gradient: boolean;
}

export interface ScatterRowsAttributes {
  /** Rows of the result. */
  count: number;
}

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
  const attributes: CrossEntropyAttributes = { ...weightAttributes(head), gradient };
  const weights = weightInputs(head);
  const count = x.shape[0];
  const [nll, correct] = taped(
    { x, ...weights },
    (save) => {
      const outputs = runKernel(CROSS_ENTROPY, { x, rows, targets, ...weights }, attributes);
      if (gradient) save([outputs[2]!, rows, x, targets, weights['w0']!]);
      return [outputs[0]!, outputs[1]!];
    },
    ([dy], [dx, savedRows, savedX, savedTargets, w0]) => ({
      x: () => {
        const inputs = { dx: dx!, dy: dy!, rows: savedRows! };
        return runKernelForOne(SCATTER_ROWS, inputs, { count });
      },
      w0: () =>
        runKernelForOne(
          CROSS_ENTROPY_WEIGHT_GRADIENT,
          { x: savedX!, rows: savedRows!, targets: savedTargets!, w0: w0!, dy: dy! },
          attributes,
        ),
    }),
  ) as [Tensor, Tensor];
  return { nll, correct };
}
