/** Percentile bootstrap: resample what was observed, recompute, and take the middle of the results. */
import type { Random } from '../random.ts';
import type { Interval } from './proportions.ts';
import { quantileSorted } from './summary.ts';

export interface BootstrapOptions {
  random: Random;
  /** At least 2000 for an interval that is shown. */
  resamples?: number;
  level?: number;
}

/** An interval with what is needed to say how it was made. */
export interface BootstrapInterval extends Interval {
  level: number;
  resamples: number;
}

const RESAMPLES = 2000;
const LEVEL = 0.95;

/**
 * Interval of a statistic of one list. NaN at both ends when the list is empty; resamples whose
 * statistic is not a number are left out.
 */
export function bootstrapInterval(
  values: readonly number[],
  statistic: (sample: readonly number[]) => number,
  options: BootstrapOptions,
): BootstrapInterval {
  const sample = new Array<number>(values.length);
  return bootstrapByIndex(
    [values.length],
    ([indices]) => {
      indices!.forEach((index, i) => (sample[i] = values[index]!));
      return statistic(sample);
    },
    options,
  );
}

/**
 * Interval of a statistic that takes indices, one list for each independent unit: `[items]` for the
 * same test items in every arm, `[items, seeds]` when matched seeds are resampled as well.
 * The index lists are reused between calls.
 */
export function bootstrapByIndex(
  counts: readonly number[],
  statistic: (indices: readonly Int32Array[]) => number,
  { random, resamples = RESAMPLES, level = LEVEL }: BootstrapOptions,
): BootstrapInterval {
  if (counts.some((count) => count === 0)) return { low: NaN, high: NaN, level, resamples };
  const indices = counts.map((count) => new Int32Array(count));
  const results: number[] = [];
  for (let r = 0; r < resamples; r++) {
    indices.forEach((list, k) => {
      for (let i = 0; i < list.length; i++) list[i] = random.integer(counts[k]!);
    });
    const value = statistic(indices);
    if (!Number.isNaN(value)) results.push(value);
  }
  const sorted = Float64Array.from(results).sort();
  return {
    low: quantileSorted(sorted, (1 - level) / 2),
    high: quantileSorted(sorted, (1 + level) / 2),
    level,
    resamples,
  };
}
