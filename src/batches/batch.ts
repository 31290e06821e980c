/**
 * Examples padded on the right to one length, with the list of positions that predict a target.
 * A model computes logits at those positions only; padding is never among them.
 */
import type { BatchCost } from './batch-cut.ts';
import type { Example } from './example.ts';
import { firstTarget, targetCount } from './example.ts';
import { bucketTime } from './time-buckets.ts';

/** B examples of T tokens, of which M are targets. */
export interface Batch {
  tokens: Int32Array; // [B·T], row-major
  batch: number; // B
  time: number; // T
  /** Tokens of each example, padding left out. */
  lengths: Int32Array; // [B]
  /** Index of each example in the list the batch was made from. */
  examples: Int32Array; // [B]
  /** Flat positions b·T+t whose next token is a target, ascending. */
  rows: Int32Array; // [M]
  /** The token to predict at each of `rows`. */
  targets: Int32Array; // [M]
  /** Which example of the batch, 0 … B-1, each target belongs to. */
  exampleOf: Int32Array; // [M]
  /** Position of the target token itself in its example: t+1 for the row b·T+t. */
  positionOf: Int32Array; // [M]
  /** Weight of each target; 1 everywhere when absent. */
  weights?: Float32Array; // [M]
}

export interface BatchShape {
  /** Longest example allowed; together with the lengths it decides T. */
  maxLength: number;
  /** Any valid token id; what it is does not change any result. */
  padId: number;
  /** What batches cost on the engine; when absent they are filled up, and T is one of a few. */
  cost?: BatchCost;
}

/**
 * Pads the chosen examples to the smallest time bucket that holds them all.
 * @throws RangeError for an empty choice or an example longer than `maxLength`.
 */
export function makeBatch(
  all: readonly Example[],
  indices: ArrayLike<number>,
  { maxLength, padId, cost }: BatchShape,
): Batch {
  const chosen = Array.from(indices, (index) => {
    const example = all[index];
    if (example === undefined) throw new RangeError(`There is no example ${index}.`);
    return example;
  });
  if (chosen.length === 0) throw new RangeError('A batch needs at least one example.');
  const batch = chosen.length;
  const longest = chosen.reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
  const time = bucketTime(longest, maxLength, cost?.timeStep);
  const count = chosen.reduce((sum, example) => sum + targetCount(example), 0);

  const tokens = new Int32Array(batch * time).fill(padId);
  const rows = new Int32Array(count);
  const targets = new Int32Array(count);
  const exampleOf = new Int32Array(count);
  const positionOf = new Int32Array(count);
  const weighted = chosen.some((example) => example.weights !== undefined);
  const weights = weighted ? new Float32Array(count).fill(1) : undefined;
  let m = 0;
  chosen.forEach((example, b) => {
    tokens.set(example.tokens, b * time);
    for (let t = firstTarget(example); t < example.tokens.length; t++) {
      const weight = example.weights?.[t] ?? 1;
      if (weight === 0) continue;
      rows[m] = b * time + t - 1;
      targets[m] = example.tokens[t]!;
      exampleOf[m] = b;
      positionOf[m] = t;
      if (weights !== undefined) weights[m] = weight;
      m++;
    }
  });
  return {
    tokens,
    batch,
    time,
    lengths: Int32Array.from(chosen, (example) => example.tokens.length),
    examples: Int32Array.from(indices),
    rows,
    targets,
    exampleOf,
    positionOf,
    ...(weights !== undefined && { weights }),
  };
}

/** Sum of the target weights, by which a loss is divided; their number when there are none. */
export function batchWeight(batch: Batch): number {
  if (batch.weights === undefined) return batch.targets.length;
  return batch.weights.reduce((sum, weight) => sum + weight, 0);
}

/** Sums one value for each target [M] into one for each example of the batch [B]. */
export function sumByExample(batch: Batch, values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(batch.batch);
  for (let m = 0; m < batch.exampleOf.length; m++) sums[batch.exampleOf[m]!]! += values[m]!;
  return sums;
}
