/**
 * Where a list of examples, ordered by length, is cut into batches. Padding is work for nothing, and
 * every further batch has a price of its own; the cheapest cut of all is found, not a good one.
 */

/** What batches cost on an engine; its unit is the time that one token of a batch takes. */
export interface BatchCost {
  /** Price of a batch besides its B·T tokens. */
  perBatch: number;
  /** T is the next multiple of this; one of a few buckets when absent. */
  timeStep?: number;
}

export interface CutLimits {
  /** Most examples of a batch. */
  batchSize: number;
  /** Most tokens B·T of a batch; a single longer example is still allowed. */
  maxTokens: number;
}

/**
 * @param times T that each example would need alone, ascending or descending
 * @returns the number of examples of each batch, in order
 */
export function cheapestCut(
  times: readonly number[],
  { batchSize, maxTokens }: CutLimits,
  perBatch: number,
): number[] {
  // least[end]: price of the first `end` examples; last[end]: how many of them the last batch has.
  const least = [0];
  const last = [0];
  for (let end = 1; end <= times.length; end++) {
    let price = Infinity;
    let size = 0;
    for (let count = 1; count <= Math.min(batchSize, end); count++) {
      const tokens = count * Math.max(times[end - count]!, times[end - 1]!);
      if (count > 1 && tokens > maxTokens) break;
      const candidate = least[end - count]! + tokens + perBatch;
      if (candidate < price) [price, size] = [candidate, count];
    }
    least.push(price);
    last.push(size);
  }
  const sizes: number[] = [];
  for (let end = times.length; end > 0; end -= last[end]!) sizes.push(last[end]!);
  return sizes.reverse();
}
