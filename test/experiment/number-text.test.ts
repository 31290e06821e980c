/** Numbers as text: signs, dashes, and nothing that pretends to be more than it is. */
import { describe, expect, it } from 'vitest';
import { pValue, range, share, signed } from '../../src/experiment/report/number-text.ts';

describe('numbers as text', () => {
  it('write shares without a leading zero', () => {
    expect([0, 0.8, 1, NaN].map(share)).toEqual(['.000', '.800', '1.000', '–']);
  });

  it('sign differences, but not what rounds to nothing', () => {
    expect([0.25, -0.25, 0.0001, -0.0001, 1.5, NaN].map((value) => signed(value))).toEqual([
      '+.250',
      '−.250',
      '.000',
      '.000',
      '+1.500',
      '–',
    ]);
    expect(range({ low: -0.1, high: 0.2 })).toBe('−.100 to +.200');
  });

  it('never write a p of zero', () => {
    expect([0, 0.00005, 0.0312, 0.25, 1, NaN].map(pValue)).toEqual([
      '< .0001',
      '< .0001',
      '.0312',
      '.2500',
      '1.0000',
      '–',
    ]);
  });
});
