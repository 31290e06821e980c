/**
 * The NLL of every target token of a batch: what training minimizes, validation reports and
 * familiarity measures are all this one computation.
 */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Batch } from '../batches/batch.ts';
import { headOf } from '../lora/adapter.ts';
import { crossEntropy, type TokenLosses } from '../ops/cross-entropy/cross-entropy.ts';
import { forwardContext, type ForwardOptions } from './forward-context.ts';

/** Per-target losses of a batch, [M]; the caller tidies. `gradient`: whether they will be differentiated. */
export function tokenLosses(
  model: LanguageModel,
  batch: Batch,
  options: ForwardOptions,
  gradient: boolean,
): TokenLosses {
  const hidden = hiddenStates(model, batch, options);
  const rows = tensor(batch.rows, [batch.rows.length], 'int32');
  const targets = tensor(batch.targets, [batch.targets.length], 'int32');
  return crossEntropy(hidden, headOf(model, options.adapter), rows, targets, gradient);
}

/** Final hidden states of a batch, [B·T, C]; the caller tidies. */
export function hiddenStates(model: LanguageModel, batch: Batch, options: ForwardOptions): Tensor {
  const { batch: count, time } = batch;
  const ids = tensor(batch.tokens, [count * time], 'int32');
  const positions = tensor(positionsOf(count, time), [count * time], 'int32');
  const context = forwardContext(count, time, ids, positions, options);
  context.lengths = [...batch.lengths];
  return model.hidden(context);
}

/** 0 … T−1 for each of the B sequences. */
export function positionsOf(batch: number, time: number): Int32Array {
  return Int32Array.from({ length: batch * time }, (_, i) => i % time);
}
