/**
 * Batches for scoring: every example once, neighbors in length together. Results come back by
 * example index, so the order of work never shows in them.
 */
import type { Batch, BatchShape } from './batch.ts';
import { makeBatch } from './batch.ts';
import { cheapestCut, type CutLimits } from './batch-cut.ts';
import type { Example } from './example.ts';
import { bucketTime } from './time-buckets.ts';

export interface EvaluationBatchOptions extends BatchShape {
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
  options: EvaluationBatchOptions,
): Generator<Batch, void, undefined> {
  for (const indices of chunkByLength(examples, allIndices(examples.length), options, 'longest')) {
    yield makeBatch(examples, indices, options);
  }
}

/**
 * Chunks of indices in order of length, each within the batch size and the token budget: the
 * cheapest where the cost of batches is known, else as full as they may be. Sorting is stable, so
 * the chunks depend on nothing but the arguments.
 */
export function chunkByLength(
  examples: readonly Example[],
  indices: readonly number[],
  { batchSize, maxLength, maxTokens = Infinity, cost }: EvaluationBatchOptions,
  first: 'longest' | 'shortest',
): number[][] {
  if (!(batchSize >= 1)) throw new RangeError(`A batch cannot hold ${batchSize} examples.`);
  const lengthOf = (index: number): number => examples[index]!.tokens.length;
  const sign = first === 'longest' ? -1 : 1;
  const sorted = [...indices].sort((a, b) => sign * (lengthOf(a) - lengthOf(b)));
  const times = sorted.map((index) => bucketTime(lengthOf(index), maxLength, cost?.timeStep));
  const limits = { batchSize, maxTokens };
  const sizes = cost ? cheapestCut(times, limits, cost.perBatch) : fullestCut(times, limits);
  let start = 0;
  return sizes.map((size) => sorted.slice(start, (start += size)));
}

/** Numbers of examples when each batch takes as many as it may. */
function fullestCut(times: readonly number[], { batchSize, maxTokens }: CutLimits): number[] {
  const sizes: number[] = [];
  let count = 0;
  let longest = 0;
  for (const time of times) {
    longest = Math.max(longest, time);
    if (count > 0 && (count >= batchSize || (count + 1) * longest > maxTokens)) {
      sizes.push(count);
      count = 0;
      longest = time;
    }
    count++;
  }
  if (count > 0) sizes.push(count);
  return sizes;
}

function allIndices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
