import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { ColumnLog } from '../../src/metrics/column-log.ts';
import { downsampleMinMax } from '../../src/metrics/downsample.ts';
import { smooth } from '../../src/metrics/smoothing.ts';
import { createRandom } from '../../src/random.ts';

describe('ColumnLog', () => {
  const names = ['step', 'loss'] as const;

  it('keeps every row while it grows, and raises its version', () => {
    const log = new ColumnLog(names);
    for (let step = 0; step < 1000; step++) log.append({ step, loss: step / 2 });
    expect([log.length, log.version]).toEqual([1000, 1000]);
    expect([...log.column('loss')]).toEqual(Array.from({ length: 1000 }, (_, i) => i / 2));
    expect(log.at('step', 999)).toBe(999);
    expect(log.at('step', 1000)).toBeNaN();
    expect(() => log.column('lr' as 'loss')).toThrow(RangeError);
  });

  it('hands out views without copying', () => {
    const log = new ColumnLog(names);
    log.append({ step: 1, loss: 2 });
    const view = log.column('loss');
    expect(log.column('loss').buffer).toBe(view.buffer);
    log.append({ step: 2 });
    expect(view).toHaveLength(1);
    expect(log.column('loss')[1]).toBeNaN();
  });

  it('forgets rows after a checkpoint without changing views handed out', () => {
    const log = new ColumnLog(names);
    for (let step = 0; step < 5; step++) log.append({ step, loss: step });
    const view = log.column('loss');
    const { version } = log;
    log.truncate(9);
    expect(log.version).toBe(version);
    log.truncate(3);
    log.append({ step: 3, loss: -1 });
    expect([...log.column('loss')]).toEqual([0, 1, 2, -1]);
    expect([...view]).toEqual([0, 1, 2, 3, 4]);
    expect(log.version).toBe(version + 2);
  });

  it('comes back from JSON with NaN and infinities', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 200 }), (values) => {
        const log = new ColumnLog(names);
        values.forEach((loss, step) => log.append({ step, loss }));
        const back = ColumnLog.fromJSON(names, JSON.parse(JSON.stringify(log)));
        // JSON has no negative zero.
        expect([...back.column('loss')]).toEqual(values.map((value) => (value === 0 ? 0 : value)));
        expect([...back.column('step')]).toEqual(values.map((_, i) => i));
      }),
    );
  });

  it('reads logs of before a column existed and refuses damaged ones, all at once', () => {
    const old = ColumnLog.fromJSON(names, { length: 2, columns: { step: [1, 2] } });
    expect(old.at('loss', 1)).toBeNaN();
    expect(() => ColumnLog.fromJSON(names, null)).toThrow(DataError);
    try {
      ColumnLog.fromJSON(names, { length: 2, columns: { step: [1], loss: [1, 'x'] } });
      expect.unreachable();
    } catch (error) {
      expect((error as DataError).problems).toEqual([
        '"step" has 1 values, expected 2',
        '"loss" holds values that are no numbers',
      ]);
    }
  });
});

describe('smooth', () => {
  it('starts at the first value and follows the formula', () => {
    const { values } = smooth([4, 2, 3], 0.5);
    // s: 2, 2, 2.5 over 1 − wⁿ: 0.5, 0.75, 0.875.
    expect(values[0]).toBeCloseTo(4, 12);
    expect(values[1]).toBeCloseTo(2 / 0.75, 12);
    expect(values[2]).toBeCloseTo(2.5 / 0.875, 12);
  });

  it('leaves a constant and, without weight, everything as it is', () => {
    for (const value of smooth([5, 5, 5, 5], 0.99).values) expect(value).toBeCloseTo(5, 10);
    expect([...smooth([1, 7, 2], 0).values]).toEqual([1, 7, 2]);
    expect(() => smooth([1], 1)).toThrow(RangeError);
  });

  it('skips what is not finite and names it', () => {
    const { values, notFinite } = smooth([4, NaN, 2, Infinity], 0.5);
    expect(notFinite).toEqual([1, 3]);
    expect(values[1]).toBeNaN();
    expect(values[2]).toBeCloseTo(2 / 0.75, 12);
  });
});

describe('downsampleMinMax', () => {
  const random = createRandom(8);
  const n = 20_000;
  const x = Float64Array.from({ length: n }, (_, i) => i);
  const y = Float64Array.from({ length: n }, () => random.normal());

  it('keeps the extremes of every pixel column, few points, in order', () => {
    const view = { from: 0, to: n - 1, pixels: 200 };
    const kept = downsampleMinMax(x, y, view);
    expect(kept.length).toBeLessThanOrEqual(2 * 200 + 4);
    expect([...kept].sort((a, b) => a - b)).toEqual([...kept]);
    expect(new Set(kept).size).toBe(kept.length);
    const columnOf = (i: number) => Math.min(199, Math.floor((i / (n - 1)) * 200));
    for (let column = 0; column < 200; column++) {
      const all = [...y].filter((_, i) => columnOf(i) === column);
      const drawn = [...kept].filter((i) => columnOf(i) === column).map((i) => y[i]!);
      expect(Math.max(...drawn)).toBe(Math.max(...all));
      expect(Math.min(...drawn)).toBe(Math.min(...all));
    }
  });

  it('keeps the ends in view and a neighbor on either side', () => {
    const kept = [...downsampleMinMax(x, y, { from: 1000, to: 2000, pixels: 10 })];
    expect(kept.slice(0, 2)).toEqual([999, 1000]);
    expect(kept.slice(-2)).toEqual([2000, 2001]);
  });

  it('keeps all of a short curve but what is not finite', () => {
    const kept = downsampleMinMax([1, 2, 3], [5, NaN, 4], { from: 1, to: 3, pixels: 100 });
    expect([...kept]).toEqual([0, 2]);
    expect([...downsampleMinMax([1], [5], { from: 1, to: 1, pixels: 100 })]).toEqual([0]);
    expect([...downsampleMinMax([], [], { from: 0, to: 1, pixels: 100 })]).toEqual([]);
  });
});
