import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cheapestCut, type CutLimits } from '../../src/batches/batch-cut.ts';

/** Every way to write `count` as an ordered sum. */
function allCuts(count: number): number[][] {
  if (count === 0) return [[]];
  return Array.from({ length: count }, (_, i) => i + 1).flatMap((first) =>
    allCuts(count - first).map((rest) => [first, ...rest]),
  );
}

/** Undefined when a limit is broken. */
function priceOf(
  times: readonly number[],
  sizes: readonly number[],
  { batchSize, maxTokens }: CutLimits,
  perBatch: number,
): number | undefined {
  let price = 0;
  let start = 0;
  for (const size of sizes) {
    const tokens = size * Math.max(...times.slice(start, (start += size)));
    if (size > batchSize || (size > 1 && tokens > maxTokens)) return undefined;
    price += tokens + perBatch;
  }
  return price;
}

describe('the cheapest cut', () => {
  it('is the cheapest of all cuts within the limits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 60 }),
        fc.boolean(),
        (lengths, batchSize, maxTokens, perBatch, ascending) => {
          const times = lengths.sort((a, b) => (ascending ? a - b : b - a));
          const limits = { batchSize, maxTokens };
          const sizes = cheapestCut(times, limits, perBatch);
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(times.length);
          const prices = allCuts(times.length)
            .map((sizes) => priceOf(times, sizes, limits, perBatch))
            .filter((price) => price !== undefined);
          expect(priceOf(times, sizes, limits, perBatch)).toBe(Math.min(...prices));
        },
      ),
    );
  });

  it('parts long from short, unless a batch costs more than the padding', () => {
    const times = [8, 8, 8, 8, 64, 64];
    const limits = { batchSize: 8, maxTokens: 4096 };
    expect(cheapestCut(times, limits, 32)).toEqual([4, 2]);
    expect(cheapestCut(times, limits, 1024)).toEqual([6]);
    expect(cheapestCut([], limits, 32)).toEqual([]);
  });
});
