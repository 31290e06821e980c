/**
 * Batches for scoring: every example once, neighbors in length together. Results come back by
 * example index, so the order of work never shows in them.
 */
import type { Batch, BatchShape } from './batch.ts';
import { makeBatch } from './batch.ts';
import type { Example } from './example.ts';
import { bucketTime } from './time-buckets.ts';

export interface EvaluationOptions extends BatchShape {
  batchSize: number;
  /** Most tokens B·T of a batch, padding included; a single longer example is still allowed. */
  maxTokens?: number;
}

/**
 * Yields the longest examples first: if memory does not suffice, that shows at once. Equal lengths
 * keep their order. Batches are made one at a time; call again to read them again.
 */
export function* evaluationBatches(
  examples: readonly Example[],
  options: EvaluationOptions,
): Generator<Batch, void, undefined> {
  for (const indices of chunkByLength(examples, allIndices(examples.length), options, 'longest')) {
    yield makeBatch(examples, indices, options);
  }
}

/** Number of batches `evaluationBatches` will yield, for progress bars. */
export function countEvaluationBatches(
  examples: readonly Example[],
  options: EvaluationOptions,
): number {
  return chunkByLength(examples, allIndices(examples.length), options, 'longest').length;
}

/**
 * Chunks of indices in order of length, each within the batch size and the token budget.
 * Sorting is stable, so the chunks depend on nothing but the arguments.
 */
export function chunkByLength(
  examples: readonly Example[],
  indices: readonly number[],
  { batchSize, maxLength, maxTokens = Infinity }: EvaluationOptions,
  first: 'longest' | 'shortest',
): number[][] {
  if (!(batchSize >= 1)) throw new RangeError(`A batch cannot hold ${batchSize} examples.`);
  const lengthOf = (index: number): number => examples[index]!.tokens.length;
  const sign = first === 'longest' ? -1 : 1;
  const sorted = [...indices].sort((a, b) => sign * (lengthOf(a) - lengthOf(b)));
  const chunks: number[][] = [];
  let chunk: number[] = [];
  let longest = 0;
  for (const index of sorted) {
    const widest = Math.max(longest, lengthOf(index));
    const size = (chunk.length + 1) * bucketTime(widest, maxLength);
    if (chunk.length > 0 && (chunk.length >= batchSize || size > maxTokens)) {
      chunks.push(chunk);
      chunk = [];
      longest = 0;
    }
    chunk.push(index);
    longest = Math.max(longest, lengthOf(index));
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

function allIndices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
