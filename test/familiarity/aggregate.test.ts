import { describe, expect, it } from 'vitest';
import type { ScoredRow } from '../../src/familiarity/aggregate.ts';
import {
  averagePerplexity,
  bitsPerByte,
  rowNll,
  rowPerplexity,
  summarizePerplexity,
  winRateMatrix,
} from '../../src/familiarity/aggregate.ts';
import { createRandom } from '../../src/random.ts';

const row = (rowId: string, nll: number, tokens: number, eos?: number): ScoredRow => ({
  rowId,
  nllSum: nll * tokens,
  responseTokens: tokens,
  responseBytes: 4 * tokens,
  ...(eos !== undefined && { eos }),
});

/** Two ordinary answers and a short, very unlikely one. */
const three = [row('a', 0.5, 100), row('b', 0.6, 100), row('c', 5, 5)];

describe('averages', () => {
  it('differ as published for three answers', () => {
    expect(averagePerplexity(three, 'arithmetic')).toBeCloseTo(50.6, 1);
    expect(averagePerplexity(three, 'geometric')).toBeCloseTo(7.64, 2);
    expect(averagePerplexity(three, 'token-weighted')).toBeCloseTo(1.93, 2);
    expect(averagePerplexity(three, 'median')).toBeCloseTo(1.82, 2);
  });

  it('count the end token only when asked and where it was scored', () => {
    const one = row('a', 1, 4, 6);
    expect(rowNll(one)).toBe(1);
    expect(rowNll(one, 'include')).toBe(2);
    expect(rowPerplexity(one, 'include')).toBeCloseTo(Math.exp(2), 12);
    expect(rowNll(row('a', 1, 4), 'include')).toBe(1);
    expect(averagePerplexity([one, row('b', 1, 5)], 'token-weighted', 'include')).toBeCloseTo(
      Math.exp((4 + 6 + 5) / 10),
      12,
    );
  });

  it('leave out answers without a token', () => {
    for (const kind of ['median', 'geometric', 'token-weighted', 'arithmetic'] as const) {
      expect(averagePerplexity([...three, row('d', 0, 0)], kind)).toBe(
        averagePerplexity(three, kind),
      );
      expect(averagePerplexity([], kind)).toBeNaN();
    }
  });

  it('give bits per byte over all bytes', () => {
    const rows = [row('a', Math.LN2, 10), row('b', 3 * Math.LN2, 10, 99)];
    expect(bitsPerByte(rows)).toBeCloseTo(40 / 80, 12);
    expect(bitsPerByte([])).toBeNaN();
  });
});

describe('summarizePerplexity', () => {
  it('has every average, lengths, and an interval around the chosen one', () => {
    const random = createRandom(2);
    const rows = Array.from({ length: 80 }, (_, i) => row(`${i}`, 1 + 0.3 * random.normal(), 20));
    const summary = summarizePerplexity(rows, { chosen: 'geometric', random: createRandom(1) });
    expect(summary).toMatchObject({
      n: 80,
      meanTokens: 20,
      totalTokens: 1600,
      chosen: 'geometric',
    });
    expect(summary.interval.low).toBeLessThan(summary.averages.geometric);
    expect(summary.interval.high).toBeGreaterThan(summary.averages.geometric);
    // 1.96 standard errors of the mean NLL on either side, to a fifth of the width.
    const width = Math.log(summary.interval.high / summary.interval.low);
    expect(width).toBeGreaterThan(0.8 * 2 * 1.96 * (0.3 / Math.sqrt(80)));
    expect(width).toBeLessThan(1.2 * 2 * 1.96 * (0.3 / Math.sqrt(80)));
    const again = summarizePerplexity(rows, { chosen: 'geometric', random: createRandom(1) });
    expect(again).toEqual(summary);
  });

  it('has an interval for every kind of average', () => {
    for (const chosen of ['median', 'token-weighted', 'arithmetic'] as const) {
      const { interval, averages } = summarizePerplexity(three, {
        chosen,
        random: createRandom(1),
        resamples: 500,
      });
      expect(interval).toMatchObject({ resamples: 500 });
      expect(interval.low).toBeLessThanOrEqual(averages[chosen]);
      expect(interval.high).toBeGreaterThanOrEqual(averages[chosen]);
    }
  });
});

describe('winRateMatrix', () => {
  it('pairs by question and mirrors', () => {
    const human = { rows: [row('1', 3, 5), row('2', 3, 5), row('3', 3, 5), row('4', 1, 5)] };
    const model = { rows: [row('4', 2, 50), row('2', 1, 50), row('1', 3, 50), row('9', 1, 50)] };
    const matrix = winRateMatrix([human, model]);
    expect(matrix[0]![1]).toMatchObject({ wins: 1, losses: 1, ties: 1, rate: 1 / 3 });
    expect(matrix[1]![0]).toMatchObject({ wins: 1, losses: 1, ties: 1 });
    expect(matrix[0]![0]).toMatchObject({ wins: 0, ties: 4, rate: 0 });
  });

  it('finds 19 of 20 unlikely by chance', () => {
    const ids = Array.from({ length: 20 }, (_, i) => `${i}`);
    const a = { rows: ids.map((id) => row(id, 2, 10)) };
    const b = { rows: ids.map((id, i) => row(id, i === 0 ? 3 : 1, 10)) };
    const cell = winRateMatrix([a, b])[0]![1]!;
    expect(cell.rate).toBe(0.95);
    expect(cell.p.twoSided).toBeCloseTo((2 * 21) / 2 ** 20, 12);
  });
});
