import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.ts';
import { fairCoinProbability } from '../../src/statistics/binomial.ts';
import { bootstrapByIndex, bootstrapInterval } from '../../src/statistics/bootstrap.ts';
import { partialCorrelation, partialSpearman, pearson } from '../../src/statistics/correlation.ts';
import { holmAdjust } from '../../src/statistics/holm.ts';
import { crossOverInteraction } from '../../src/statistics/interaction.ts';
import { normalQuantile, normalTail } from '../../src/statistics/normal.ts';
import { forEachOrder } from '../../src/statistics/orders.ts';
import { pageTrend } from '../../src/statistics/page-trend.ts';
import { pairedWinRate, signTest, wilcoxonSignedRank } from '../../src/statistics/paired.ts';
import { mcNemarTest, wilsonInterval } from '../../src/statistics/proportions.ts';
import { spearmanOverCells, spearmanTest } from '../../src/statistics/rank-permutation.ts';
import { rank } from '../../src/statistics/ranks.ts';
import { signFlipTest } from '../../src/statistics/sign-flip.ts';
import { geometricMean, mean, median, quantile } from '../../src/statistics/summary.ts';

describe('summaries', () => {
  it('say NaN, not 0, for nothing', () => {
    for (const summary of [mean, median, geometricMean]) expect(summary([])).toBeNaN();
  });

  it('take a geometric mean that a product would overflow', () => {
    expect(geometricMean(new Array<number>(1000).fill(1e6))).toBeCloseTo(1e6, 3);
    expect(geometricMean([1, 100])).toBeCloseTo(10, 12);
  });

  it('keep infinities out of interpolation', () => {
    expect(quantile([1, Infinity, Infinity], 0.9)).toBe(Infinity);
    expect(() => quantile([1], 2)).toThrow(RangeError);
  });
});

describe('published answers', () => {
  it('sign test, 8 of 10', () => {
    const test = signTest([1, 1, 1, 1, 1, 1, 1, 1, -1, -1, 0]);
    expect(test).toMatchObject({ positive: 8, negative: 2, zeros: 1 });
    expect(test.p.greater).toBeCloseTo(0.0546875, 12);
    expect(test.p.twoSided).toBeCloseTo(0.109375, 12);
  });

  it('signed ranks', () => {
    const test = wilcoxonSignedRank([1.1, -0.4, 2.3, 0.7, 1.9, -0.2, 0.5, 3.1]);
    expect(test).toMatchObject({ positiveRanks: 33, exact: true });
    expect(test.p.greater).toBe(0.01953125);
  });

  it('Wilson, 8 of 10', () => {
    const { low, high } = wilsonInterval(8, 10);
    expect(low).toBeCloseTo(0.490162, 6);
    expect(high).toBeCloseTo(0.943318, 6);
  });

  it('McNemar, 10 against 2', () => {
    const first = [...new Array<boolean>(15).fill(true), false, false, false];
    const second = first.map((right, i) => (i < 10 ? false : right || i < 17));
    const test = mcNemarTest(first, second);
    expect(test).toMatchObject({ onlyFirst: 10, onlySecond: 2 });
    expect(test.p).toBeCloseTo(0.03857421875, 12);
    expect(test.difference).toBeCloseTo(8 / 18, 12);
    expect(test.standardError).toBeCloseTo(Math.sqrt(12 - 64 / 18) / 18, 12);
  });

  it('Spearman of six sets', () => {
    const test = spearmanTest([1, 2, 3, 4, 5, 6], [2, 1, 3, 5, 4, 6], createRandom(0));
    expect(test.rho).toBeCloseTo(0.885714, 6);
    expect(test.p.greater).toBeCloseTo(12 / 720, 12);
    expect(test.p.twoSided).toBeCloseTo(24 / 720, 12);
    expect(test.smallest.oneSided).toBeCloseTo(1 / 720, 12);
    expect(test.smallest.twoSided).toBeCloseTo(2 / 720, 12);
  });

  it('partial of .62, .31, .69', () => {
    expect(partialCorrelation(0.62, 0.31, 0.69)).toBeCloseTo(0.5901, 4);
  });

  it('Page, 1234 / 1324 / 2134', () => {
    const test = pageTrend([
      [1, 2, 3, 4],
      [1, 3, 2, 4],
      [2, 1, 3, 4],
    ]);
    expect(test).toMatchObject({ L: 88, expected: 75, variance: 25, z: 2.6 });
  });

  it('Holm', () => {
    expect(holmAdjust([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(10)))).toEqual([
      0.03, 0.06, 0.06, 0.02,
    ]);
  });
});

describe('paired tests', () => {
  it('count the second as winner where it is lower', () => {
    const win = pairedWinRate([3, 3, 3, 1], [1, 2, 3, 2]);
    expect(win).toMatchObject({ wins: 2, losses: 1, ties: 1, rate: 0.5 });
    expect(win.p.greater).toBeCloseTo(0.5, 12);
    expect(() => pairedWinRate([1], [1, 2])).toThrow(RangeError);
  });

  it('mirror when all signs are turned', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 60 }), (values) => {
        const turned = values.map((value) => -value);
        for (const test of [signTest, wilcoxonSignedRank]) {
          expect(test(values).p.greater).toBeCloseTo(test(turned).p.less, 12);
          expect(test(values).p.twoSided).toBeCloseTo(test(turned).p.twoSided, 12);
          expect(test(values).p.twoSided).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('say nothing about differences that are all zero', () => {
    expect(wilcoxonSignedRank([0, 0]).p).toEqual({ greater: 1, less: 1, twoSided: 1 });
    expect(signTest([]).p.twoSided).toBe(1);
  });

  it('sum coin tosses to 1, also for many', () => {
    for (const n of [0, 1, 7, 5000]) {
      expect(fairCoinProbability(n, 0, n)).toBeCloseTo(1, 9);
      expect(fairCoinProbability(n, n + 1, n + 5)).toBe(0);
    }
    expect(fairCoinProbability(5000, 2500, 5000)).toBeGreaterThan(0.5);
  });
});

describe('rank tests', () => {
  it('cannot be significant with three sets', () => {
    const test = spearmanTest([1, 2, 3], [1, 2, 3], createRandom(0));
    expect(test.p.greater).toBeCloseTo(1 / 6, 12);
    expect(test.smallest.oneSided).toBeCloseTo(1 / 6, 12);
  });

  it('raise the smallest p for ties', () => {
    const test = spearmanTest([1, 1, 2, 3], [1, 2, 3, 4], createRandom(0));
    expect(test.smallest.oneSided).toBeCloseTo(2 / 24, 12);
  });

  it('sample orders above nine points, near the exact p', () => {
    const x = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const y = [2, 1, 4, 3, 9, 5, 7, 6, 10, 8];
    const test = spearmanTest(x, y, createRandom(1), 20_000);
    expect(test).toMatchObject({ exact: false, orders: 20_000 });
    expect(test.smallest.oneSided).toBeCloseTo(1 / 20_001, 12);
    // Student's t with 8 degrees of freedom puts it at 0.0013; sampled p stays within 5 sigma.
    expect(test.p.greater).toBeLessThan(0.0035);
    expect(spearmanTest(x, y, createRandom(1), 20_000)).toEqual(test);
  });

  it('average cells and leave out those without variation', () => {
    const rising = { x: [1, 2, 3, 4, 5], y: [1, 2, 3, 4, 5] };
    const flat = { x: [1, 2, 3], y: [1, 1, 1] };
    const test = spearmanOverCells([rising, rising, flat], createRandom(0), 2000);
    expect(test).toMatchObject({ rho: 1, cells: 2 });
    expect(test.p.greater).toBeLessThan(0.01);
    expect(spearmanOverCells([flat], createRandom(0), 10)).toMatchObject({ rho: NaN, cells: 0 });
  });

  it('visit every order once', () => {
    const seen = new Set<string>();
    let visits = 0;
    forEachOrder([1, 2, 3, 4, 5], (order) => {
      visits++;
      seen.add(order.join());
    });
    expect([visits, seen.size]).toEqual([120, 120]);
  });

  it('share ranks between equal values and refuse NaN', () => {
    expect(rank([3, 1, 3, 2])).toEqual({ ranks: Float64Array.of(3.5, 1, 3.5, 2), ties: [2] });
    expect(() => rank([1, NaN])).toThrow(RangeError);
  });

  it('call a partial correlation undefined when the control decides all', () => {
    expect(partialSpearman([1, 2, 3, 4], [1, 3, 2, 4], [[2, 4, 6, 8]])).toBeUndefined();
    expect(partialSpearman([1, 2, 3, 4], [1, 3, 2, 4], [[1, 1, 1, 1]])).toBeUndefined();
    expect(pearson([1, 1], [1, 2])).toBeNaN();
  });
});

describe('normal', () => {
  it('joins its two formulas without a step, and inverts', () => {
    expect(normalTail(3 - 1e-12) / normalTail(3)).toBeCloseTo(1, 10);
    for (const z of [-5, -1, 0.1, 2.9, 3.1, 10]) {
      if (z <= 5) expect(normalQuantile(1 - normalTail(z))).toBeCloseTo(z, 6);
      expect(normalTail(-z)).toBeCloseTo(1 - normalTail(z), 12);
    }
    expect(() => normalQuantile(1)).toThrow(RangeError);
  });
});

describe('resampling', () => {
  const random = createRandom(11);
  const values = Array.from({ length: 100 }, () => random.normal() + 2);

  it('gives the same interval for a seed, near that of the normal theory', () => {
    const interval = bootstrapInterval(values, mean, { random: createRandom(4) });
    expect(interval).toEqual(bootstrapInterval(values, mean, { random: createRandom(4) }));
    const error = 1.96 / Math.sqrt(100);
    // The sample's own deviation and 2000 resamples move the ends by some hundredths.
    expect(interval.low).toBeCloseTo(mean(values) - error, 1);
    expect(interval.high).toBeCloseTo(mean(values) + error, 1);
    expect(interval).toMatchObject({ level: 0.95, resamples: 2000 });
  });

  it('narrows with a lower level and says NaN for nothing', () => {
    const wide = bootstrapInterval(values, mean, { random: createRandom(4) });
    const narrow = bootstrapInterval(values, mean, { random: createRandom(4), level: 0.5 });
    expect(narrow.high - narrow.low).toBeLessThan(wide.high - wide.low);
    expect(bootstrapInterval([], mean, { random: createRandom(4) }).low).toBeNaN();
  });

  it('resamples items and seeds apart', () => {
    const seen = [new Set<number>(), new Set<number>()];
    bootstrapByIndex(
      [5, 3],
      (indices) => {
        indices.forEach((list, k) => list.forEach((index) => seen[k]!.add(index)));
        return 0;
      },
      { random: createRandom(0), resamples: 50 },
    );
    expect(seen.map((set) => [...set].sort())).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2],
    ]);
  });

  it('flips every sign for few values: 5 of one sign give 1/32', () => {
    const test = signFlipTest([0.1, 0.2, 0.3, 0.4, 0.5], createRandom(0));
    expect(test).toMatchObject({ exact: true, flips: 32, n: 5 });
    expect(test.p.greater).toBeCloseTo(1 / 32, 12);
    expect(test.p.less).toBe(1);
    expect(test.p.twoSided).toBeCloseTo(2 / 32, 12);
  });

  it('samples signs for many values', () => {
    const test = signFlipTest(values, createRandom(0), 2000);
    expect(test).toMatchObject({ exact: false, flips: 2000 });
    expect(test.p.greater).toBeCloseTo(1 / 2001, 12);
    const centered = values.map((value) => value - mean(values));
    expect(signFlipTest(centered, createRandom(0), 2000).p.greater).toBeGreaterThan(0.4);
  });

  it('finds a cross-over and shows both brackets', () => {
    const noise = createRandom(5);
    const near = (level: number) => values.map(() => level + 0.1 * noise.normal());
    const cross = {
      modelAsetA: near(1),
      modelAsetB: near(1.3),
      modelBsetA: near(2.2),
      modelBsetB: near(2),
    };
    const found = crossOverInteraction(cross, createRandom(0));
    expect(found.bracketA).toBeCloseTo(0.3, 1);
    expect(found.bracketB).toBeCloseTo(0.2, 1);
    expect(found.mean).toBeCloseTo(found.bracketA + found.bracketB, 12);
    expect(found.test.p.greater).toBeLessThan(0.001);
    expect(found.interval.low).toBeGreaterThan(0.4);
    expect(() => crossOverInteraction({ ...cross, modelBsetB: [] }, createRandom(0))).toThrow(
      RangeError,
    );
  });
});
