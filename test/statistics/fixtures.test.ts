/** Against SciPy, from the file test/reference/statistical_tests.py writes. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { partialSpearman, spearman } from '../../src/statistics/correlation.ts';
import { normalQuantile, normalTail } from '../../src/statistics/normal.ts';
import { pageTrend } from '../../src/statistics/page-trend.ts';
import type { PValues } from '../../src/statistics/paired.ts';
import { signTest, wilcoxonSignedRank } from '../../src/statistics/paired.ts';
import { mcNemarCounts, wilsonInterval } from '../../src/statistics/proportions.ts';
import { spearmanTest } from '../../src/statistics/rank-permutation.ts';
import { rank } from '../../src/statistics/ranks.ts';
import {
  mean,
  median,
  quantile,
  standardDeviation,
  standardError,
} from '../../src/statistics/summary.ts';
import { createRandom } from '../../src/random.ts';

interface Sides {
  p_two_sided: number;
  p_greater: number;
  p_less: number;
}

interface Fixtures {
  sign: ({ differences: number[]; n: number; positive: number } & Sides)[];
  wilcoxon: ({
    differences: number[];
    method: 'exact' | 'asymptotic';
    n: number;
    w_plus: number;
    w_minus: number;
    rank_biserial: number;
    median_difference: number;
  } & Sides)[];
  spearman: ({ x: number[]; y: number[]; rho: number | null; orders: number } & Sides)[];
  partial_spearman: {
    x: number[];
    y: number[];
    controls: [number[]] | [number[], number[]];
    partial_rho: number | null;
  }[];
  wilson: { successes: number; trials: number; level: number; low: number; high: number }[];
  mcnemar: { only_first: number; only_second: number; p_two_sided: number }[];
  page: {
    blocks: number[][];
    l: number;
    expected: number;
    variance: number;
    z: number;
    p_asymptotic: number;
    p_exact?: number;
  }[];
  percentiles: {
    values: number[];
    at: number[];
    percentiles: number[];
    median: number;
    mean: number;
    standard_deviation: number | null;
    standard_error: number | null;
    average_ranks: number[];
  }[];
  normal: { x: number[]; cdf: number[]; p: number[]; quantile: number[] };
}

const fixtures = JSON.parse(
  readFileSync(new URL('../fixtures/statistics.json', import.meta.url), 'utf8'),
) as Fixtures;

/** Both sides compute in float64 by different sums; a dozen digits remain. */
const RELATIVE = 1e-11;

function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
    RELATIVE * Math.max(Math.abs(expected), 1e-9),
  );
}

function expectSides(p: PValues, sides: Sides): void {
  expectClose(p.greater, sides.p_greater);
  expectClose(p.less, sides.p_less);
  expectClose(p.twoSided, sides.p_two_sided);
}

describe('SciPy agrees on', () => {
  it.each(fixtures.sign)('the sign test of $n differences', (one) => {
    const test = signTest(one.differences);
    expect(test).toMatchObject({ positive: one.positive, negative: one.n - one.positive });
    expectSides(test.p, one);
  });

  it.each(fixtures.wilcoxon)('the signed-rank test of $n differences, $method', (one) => {
    const test = wilcoxonSignedRank(one.differences);
    expect(test).toMatchObject({ n: one.n, exact: one.method === 'exact' });
    expectClose(test.positiveRanks, one.w_plus);
    expectClose(test.negativeRanks, one.w_minus);
    expectClose(test.rankBiserial, one.rank_biserial);
    expectClose(test.medianDifference, one.median_difference);
    expectSides(test.p, one);
  });

  it.each(fixtures.spearman)('rho and its exact p over $orders orders', (one) => {
    const test = spearmanTest(one.x, one.y, createRandom(0));
    if (one.rho === null) {
      expect([test.rho, test.p.greater, spearman(one.x, one.y)]).toEqual([NaN, NaN, NaN]);
      return;
    }
    expectClose(test.rho, one.rho);
    expect(test).toMatchObject({ exact: true, orders: one.orders });
    expectSides(test.p, one);
    expect(test.smallest.oneSided).toBeLessThanOrEqual(test.p.greater);
    expect(test.smallest.twoSided).toBeLessThanOrEqual(test.p.twoSided);
  });

  it.each(fixtures.partial_spearman)('partial rho $partial_rho', (one) => {
    const partial = partialSpearman(one.x, one.y, one.controls);
    if (one.partial_rho === null) expect(partial).toBeUndefined();
    else expectClose(partial!, one.partial_rho);
  });

  it.each(fixtures.wilson)('Wilson $successes/$trials at $level', (one) => {
    const { low, high } = wilsonInterval(one.successes, one.trials, one.level);
    expectClose(low, one.low);
    expectClose(high, one.high);
  });

  it.each(fixtures.mcnemar)('McNemar $only_first against $only_second', (one) => {
    expectClose(mcNemarCounts(one.only_first, one.only_second, 1000).p, one.p_two_sided);
  });

  it.each(fixtures.page)('Page’s trend, L = $l', (one) => {
    const test = pageTrend(one.blocks);
    expectClose(test.L, one.l);
    expectClose(test.expected, one.expected);
    expectClose(test.variance, one.variance);
    expectClose(test.z, one.z);
    expectClose(normalTail(test.z), one.p_asymptotic);
    expect(test.exact).toBe(one.p_exact !== undefined);
    expectClose(test.p, one.p_exact ?? one.p_asymptotic);
  });

  it.each(fixtures.percentiles)('percentiles, moments and ranks of $values', (one) => {
    one.at.forEach((percent, i) => {
      expectClose(quantile(one.values, percent / 100), one.percentiles[i]!);
    });
    expectClose(median(one.values), one.median);
    expectClose(mean(one.values), one.mean);
    if (one.standard_deviation === null) expect(standardDeviation(one.values)).toBeNaN();
    else expectClose(standardDeviation(one.values), one.standard_deviation);
    if (one.standard_error !== null) expectClose(standardError(one.values), one.standard_error);
    expect([...rank(one.values).ranks]).toEqual(one.average_ranks);
  });

  it('the normal distribution, in both tails', () => {
    const { x, cdf, p, quantile: quantiles } = fixtures.normal;
    x.forEach((value, i) => expectClose(normalTail(-value), cdf[i]!));
    p.forEach((value, i) => expectClose(normalQuantile(value), quantiles[i]!));
    // Deep in the tail relative precision counts.
    expect(normalTail(8) / cdf[0]!).toBeCloseTo(1, 10);
  });
});
