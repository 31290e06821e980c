/**
 * Loss and gradients of one batch, and the loss of an evaluation. Both are Σ weight·NLL over the
 * target tokens, divided by Σ weight at the very end, so they are the same quantity.
 */
import {
  add,
  mul,
  sum,
  tensor,
  tidy,
  zerosLike,
  type Scalar,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Batch } from '../batches/batch.ts';
import type { ForwardOptions } from '../forward/forward-context.ts';
import { tokenLosses } from '../forward/token-losses.ts';
import { squaredSum } from '../ops/adamw/adamw.ts';
import { backward } from '../ops/backward.ts';
import { flatten } from '../ops/flat/flat.ts';

export interface BatchGradients {
  /** Scalar: Σ weight·NLL / totalWeight. */
  loss: Tensor;
  /** [Σ sizes of the variables], in their order. */
  gradient: Tensor;
}

/**
 * @param totalWeight Σ weight over all micro-batches of the step: gradients of the micro-batches
 *   then simply add up
 */
export function batchGradients(
  model: LanguageModel,
  batch: Batch,
  variables: readonly Variable[],
  totalWeight: number,
  options: ForwardOptions,
): BatchGradients {
  return tidy(() => {
    const { value, gradients } = backward(() => {
      const { nll } = tokenLosses(model, batch, options, true);
      const weights = Float32Array.from(
        { length: batch.targets.length },
        (_, i) => (batch.weights?.[i] ?? 1) / totalWeight,
      );
      return sum<Scalar>(mul(nll, tensor(weights)));
    }, variables);
    const gradient = flatten(
      gradients.map((variableGradient, i) => variableGradient ?? zerosLike(variables[i]!)),
    );
    return { loss: value, gradient };
  });
}

/** Adds the gradients of a further micro-batch, disposing both inputs. */
export function addGradients(sum_: BatchGradients, more: BatchGradients): BatchGradients {
  const together = tidy(() => ({
    loss: add(sum_.loss, more.loss),
    gradient: add(sum_.gradient, more.gradient),
  }));
  disposeGradients(sum_);
  disposeGradients(more);
  return together;
}

export function disposeGradients({ loss, gradient }: BatchGradients): void {
  loss.dispose();
  gradient.dispose();
}

/** Loss and global gradient norm in one read: the only one of a step. */
export async function readLossAndNorm({
  loss,
  gradient,
}: BatchGradients): Promise<[number, number]> {
  const both = tidy(() => flatten([loss, squaredSum(gradient)]));
  const [value, squares] = await both.data();
  both.dispose();
  return [value!, Math.sqrt(squares!)];
}

export interface HeldOutLoss {
  /** Nats per target token. */
  loss: number;
  /** Share of target tokens that were the likeliest. */
  accuracy: number;
  targets: number;
}

/** Loss over batches; `shouldStop` is asked between them and ends the evaluation with undefined. */
export async function evaluate(
  model: LanguageModel,
  batches: Iterable<Batch>,
  options: ForwardOptions,
  shouldStop: () => boolean = () => false,
): Promise<HeldOutLoss | undefined> {
  let nllSum = 0;
  let correctSum = 0;
  let weightSum = 0;
  let targets = 0;
  for (const batch of batches) {
    if (shouldStop()) return undefined;
    const { nll, correct } = tidy(() => tokenLosses(model, batch, options, false));
    const [losses, hits] = await Promise.all([nll.data(), correct.data()]);
    nll.dispose();
    correct.dispose();
    for (let i = 0; i < losses.length; i++) {
      const weight = batch.weights?.[i] ?? 1;
      nllSum += weight * losses[i]!;
      correctSum += weight * hits[i]!;
      weightSum += weight;
    }
    targets += losses.length;
  }
  return { loss: nllSum / weightSum, accuracy: correctSum / weightSum, targets };
}
