/** Permutation test of a mean: under the null hypothesis each difference could have had either sign. */
import type { Random } from '../random.ts';
import type { PValues } from './paired.ts';
import { mean } from './summary.ts';

export interface SignFlipTest {
  mean: number;
  n: number;
  p: PValues;
  exact: boolean;
  /** Sign patterns enumerated or sampled. */
  flips: number;
}

const SAMPLED_FLIPS = 10_000;

/**
 * Tests whether the mean of the values differs from 0. All 2ⁿ sign patterns are tried when they are
 * no more than `sampledFlips`; else as many are sampled and counted as (1 + extreme) / (1 + sampled).
 */
export function signFlipTest(
  values: readonly number[],
  random: Random,
  sampledFlips = SAMPLED_FLIPS,
): SignFlipTest {
  const n = values.length;
  const observed = values.reduce((sum, value) => sum + value, 0);
  // Sums of the same numbers in other signs agree only up to rounding.
  const tolerance = 1e-12 * values.reduce((sum, value) => sum + Math.abs(value), 0);
  const exact = 2 ** n <= sampledFlips;
  const flips = exact ? 2 ** n : sampledFlips;
  const extreme = { greater: 0, less: 0, twoSided: 0 };
  for (let f = 0; f < flips; f++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const flipped = exact ? (f >> i) & 1 : random.integer(2);
      sum += flipped === 1 ? -values[i]! : values[i]!;
    }
    if (sum >= observed - tolerance) extreme.greater++;
    if (sum <= observed + tolerance) extreme.less++;
    if (Math.abs(sum) >= Math.abs(observed) - tolerance) extreme.twoSided++;
  }
  const seen = exact ? 0 : 1;
  const share = (count: number): number => (count + seen) / (flips + seen);
  return {
    mean: mean(values),
    n,
    p: {
      greater: share(extreme.greater),
      less: share(extreme.less),
      twoSided: share(extreme.twoSided),
    },
    exact,
    flips,
  };
}
