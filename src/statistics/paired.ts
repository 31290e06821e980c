/**
 * Tests on paired differences: does one of two answers to the same question have the smaller
 * number more often (sign test), and by how much (Wilcoxon)?
 */
import { fairCoinProbability } from './binomial.ts';
import { normalTail } from './normal.ts';
import { rank } from './ranks.ts';
import { median } from './summary.ts';

/** p-values of one test: the hypothesis that differences lean up, down, or either way. */
export interface PValues {
  greater: number;
  less: number;
  twoSided: number;
}

export interface SignTest {
  positive: number;
  negative: number;
  zeros: number;
  p: PValues;
}

/** Exact sign test of differences; zeros are dropped and counted. */
export function signTest(differences: readonly number[]): SignTest {
  const positive = differences.filter((d) => d > 0).length;
  const negative = differences.filter((d) => d < 0).length;
  const n = positive + negative;
  const greater = fairCoinProbability(n, positive, n);
  const less = fairCoinProbability(n, 0, positive);
  return {
    positive,
    negative,
    zeros: differences.length - n,
    p: { greater, less, twoSided: Math.min(1, 2 * Math.min(greater, less)) },
  };
}

export interface PairedWinRate {
  /** Pairs in which the second value is lower. */
  wins: number;
  losses: number;
  ties: number;
  /** wins / pairs. */
  rate: number;
  /** Exact sign test; `greater` is the hypothesis that the second is lower more often. */
  p: PValues;
}

/**
 * How often the second value of a pair is lower than the first.
 * @throws RangeError when the lists differ in length.
 */
export function pairedWinRate(first: readonly number[], second: readonly number[]): PairedWinRate {
  const differences = pairedDifferences(first, second);
  const { positive, negative, zeros, p } = signTest(differences);
  const rate = differences.length === 0 ? NaN : positive / differences.length;
  return { wins: positive, losses: negative, ties: zeros, rate, p };
}

/** first − second, item by item. */
export function pairedDifferences(first: readonly number[], second: readonly number[]): number[] {
  if (first.length !== second.length) {
    throw new RangeError(
      `Pairs need equal lists, not ${first.length} and ${second.length} values.`,
    );
  }
  return first.map((value, i) => value - second[i]!);
}

export interface WilcoxonTest {
  /** Rank sums of the positive and of the negative differences. */
  positiveRanks: number;
  negativeRanks: number;
  /** Differences that are not zero. */
  n: number;
  p: PValues;
  exact: boolean;
  /** (W⁺ − W⁻) / (W⁺ + W⁻), from −1 to 1. */
  rankBiserial: number;
  medianDifference: number;
}

/** Up to here, and without ties, the distribution of the rank sum is counted out. */
const EXACT_UP_TO = 25;

/**
 * Wilcoxon's signed-rank test; zeros are dropped, equal sizes share their average rank. Exact for at
 * most 25 differences without ties, else the normal approximation with the variance corrected for
 * ties and, unless turned off, a continuity correction of one half toward the mean.
 */
export function wilcoxonSignedRank(
  differences: readonly number[],
  { continuity = true }: { continuity?: boolean } = {},
): WilcoxonTest {
  const kept = differences.filter((d) => d !== 0);
  const n = kept.length;
  const { ranks, ties } = rank(kept.map(Math.abs));
  const total = (n * (n + 1)) / 2;
  const positiveRanks = kept.reduce((sum, d, i) => (d > 0 ? sum + ranks[i]! : sum), 0);
  const exact = n <= EXACT_UP_TO && ties.length === 0;
  const tail = exact ? exactTail(n) : normalTailOf(n, ties, continuity ? 0.5 : 0);
  const greater = tail(positiveRanks);
  const less = tail(total - positiveRanks); // The distribution is symmetric.
  return {
    positiveRanks,
    negativeRanks: total - positiveRanks,
    n,
    p: { greater, less, twoSided: Math.min(1, 2 * Math.min(greater, less)) },
    exact,
    rankBiserial: n === 0 ? NaN : (2 * positiveRanks - total) / total,
    medianDifference: median(differences),
  };
}

/** w → P(W⁺ ≥ w), by counting the subsets of 1 … n with each sum. */
function exactTail(n: number): (w: number) => number {
  const total = (n * (n + 1)) / 2;
  const subsets = new Float64Array(total + 1);
  subsets[0] = 1;
  for (let k = 1; k <= n; k++) {
    for (let sum = total; sum >= k; sum--) subsets[sum]! += subsets[sum - k]!;
  }
  return (w) => {
    let count = 0;
    for (let sum = Math.ceil(w); sum <= total; sum++) count += subsets[sum]!;
    return count / 2 ** n;
  };
}

function normalTailOf(
  n: number,
  ties: readonly number[],
  correction: number,
): (w: number) => number {
  const mean = (n * (n + 1)) / 4;
  const tied = ties.reduce((sum, t) => sum + (t ** 3 - t) / 48, 0);
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - tied);
  return (w) => normalTail((w - mean - correction) / deviation);
}
