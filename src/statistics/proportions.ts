/** Intervals and tests for shares of right answers. */
import { fairCoinProbability } from './binomial.ts';
import { normalQuantile } from './normal.ts';

export interface Interval {
  low: number;
  high: number;
}

/**
 * Wilson's score interval for `successes` of `trials`. It covers the noise of the test items,
 * not that of training seeds.
 */
export function wilsonInterval(successes: number, trials: number, level = 0.95): Interval {
  if (!(successes >= 0 && successes <= trials)) {
    throw new RangeError(`${successes} successes of ${trials} trials is not a share.`);
  }
  if (trials === 0) return { low: 0, high: 1 };
  const share = successes / trials;
  const z = normalQuantile((1 + level) / 2);
  const z2 = z * z;
  const scale = 1 / (1 + z2 / trials);
  const center = (share + z2 / (2 * trials)) * scale;
  const half = z * scale * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials));
  // The exact ends at no and at all successes, where rounding would leave 1e-17.
  return {
    low: successes === 0 ? 0 : Math.max(0, center - half),
    high: successes === trials ? 1 : Math.min(1, center + half),
  };
}

export interface McNemarTest {
  /** Items right only in the first run. */
  onlyFirst: number;
  onlySecond: number;
  /** Exact, two-sided. */
  p: number;
  /** Share right in the first minus share right in the second. */
  difference: number;
  standardError: number;
}

/**
 * McNemar's exact test of two runs on the same items. It compares one run with one run; with several
 * seeds use `signFlipTest` on each item's mean difference.
 * @throws RangeError when the lists are empty or differ in length.
 */
export function mcNemarTest(first: readonly boolean[], second: readonly boolean[]): McNemarTest {
  if (first.length !== second.length || first.length === 0) {
    throw new RangeError(`McNemar needs pairs, not ${first.length} and ${second.length} items.`);
  }
  const onlyFirst = first.filter((right, i) => right && !second[i]).length;
  const onlySecond = second.filter((right, i) => right && !first[i]).length;
  return mcNemarCounts(onlyFirst, onlySecond, first.length);
}

/** As `mcNemarTest`, from the counts of disagreeing items and of all items. */
export function mcNemarCounts(onlyFirst: number, onlySecond: number, items: number): McNemarTest {
  const disagreeing = onlyFirst + onlySecond;
  const tail = fairCoinProbability(disagreeing, 0, Math.min(onlyFirst, onlySecond));
  const gap = onlyFirst - onlySecond;
  return {
    onlyFirst,
    onlySecond,
    p: Math.min(1, 2 * tail),
    difference: gap / items,
    standardError: Math.sqrt(disagreeing - (gap * gap) / items) / items,
  };
}
