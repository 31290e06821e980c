import { describe, expect, it } from 'vitest';
import { bucketTime, timeBuckets } from '../../src/batches/time-buckets.ts';

describe('time buckets', () => {
  it('are fine at first, then two for each doubling, with the longest length last', () => {
    expect(timeBuckets(512)).toEqual([16, 32, 48, 64, 96, 128, 192, 256, 384, 512]);
    expect(timeBuckets(100)).toEqual([16, 32, 48, 64, 96, 100]);
    expect(timeBuckets(10)).toEqual([10]);
  });

  it('hold every length in the smallest bucket that fits', () => {
    for (const maxLength of [10, 64, 100, 512, 1000]) {
      const buckets = timeBuckets(maxLength);
      for (let length = 1; length <= maxLength; length++) {
        expect(bucketTime(length, maxLength)).toBe(buckets.find((bucket) => bucket >= length));
      }
    }
  });

  it('waste at most a third above 64', () => {
    for (let length = 65; length <= 2048; length++) {
      expect((bucketTime(length, 2048) - length) / bucketTime(length, 2048)).toBeLessThan(1 / 3);
    }
  });

  it('are multiples of a step where an engine wants them so', () => {
    expect([1, 8, 9, 57, 100].map((length) => bucketTime(length, 100, 8))).toEqual([
      8, 8, 16, 64, 100,
    ]);
  });

  it('refuse what does not fit', () => {
    expect(() => bucketTime(11, 10)).toThrow(RangeError);
    expect(() => timeBuckets(0)).toThrow(RangeError);
  });
});
