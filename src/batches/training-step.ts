/**
 * One optimizer step as a list of micro-batches. The loss of a step is Σ NLL / Σ target weights over
 * all of them, never a mean of their means: then how a step is cut into micro-batches changes memory
 * and speed, not the gradient.
 */
import type { Random } from '../random.ts';
import type { Batch, BatchShape } from './batch.ts';
import { batchWeight, makeBatch } from './batch.ts';
import { chunkByLength } from './evaluation-batches.ts';
import type { Example } from './example.ts';
import type { OrderCursor } from './training-order.ts';
import { takeNext } from './training-order.ts';

export interface TrainingStepOptions extends BatchShape {
  /** Examples of a micro-batch (`per_device_train_batch_size`). */
  microBatchSize: number;
  /** Micro-batches of a step (`gradient_accumulation_steps`). */
  accumulation: number;
  /** Most tokens B·T of a micro-batch; a step then has more, smaller micro-batches. */
  maxTokens?: number;
}

export interface TrainingStep {
  microBatches: Batch[];
  /** Targets of the whole step. */
  targets: number;
  /** Σ target weights of the whole step: what the summed NLL is divided by. */
  weight: number;
  /** Tokens of the whole step without padding, prompts included. */
  tokens: number;
  /** Examples of the whole step. */
  examples: number;
  epoch: number;
  /** Saved after this step, it makes a later run go on with the next one. */
  cursor: OrderCursor;
}

/** The step at the cursor: examples in seeded order, neighbors in length in one micro-batch. */
export function trainingStep(
  examples: readonly Example[],
  random: Random,
  cursor: OrderCursor,
  options: TrainingStepOptions,
): TrainingStep {
  const { microBatchSize, accumulation } = options;
  const taken = takeNext(examples.length, random, cursor, microBatchSize * accumulation);
  const chunks = chunkByLength(
    examples,
    taken.indices,
    { ...options, batchSize: microBatchSize },
    'shortest',
  );
  const microBatches = chunks.map((indices) => makeBatch(examples, indices, options));
  const total = (of: (batch: Batch) => number): number =>
    microBatches.reduce((sum, batch) => sum + of(batch), 0);
  return {
    microBatches,
    targets: total((batch) => batch.targets.length),
    weight: total(batchWeight),
    tokens: total((batch) => batch.lengths.reduce((sum, length) => sum + length, 0)),
    examples: taken.indices.length,
    epoch: taken.epoch,
    cursor: taken.cursor,
  };
}
