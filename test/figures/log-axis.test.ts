import { expect, test } from 'vitest';
import { logAxis, logHistogram, stepsPath } from '../../src/figures/drawing/log-axis.ts';

test('an axis ends at the first round number that holds every value', () => {
  expect(logAxis([1.2, 37], 0, 600).max).toBe(50);
  expect(logAxis([50], 0, 600).max).toBe(50);
  expect(logAxis([50.1], 0, 600).max).toBe(100);
  expect(logAxis([], 0, 600).max).toBe(2);
  expect(logAxis([NaN, Infinity, 3], 0, 600).max).toBe(5);
});

test('equal ratios are equal distances', () => {
  const { at } = logAxis([100], 40, 600);
  expect(at(1)).toBe(40);
  expect(at(100)).toBeCloseTo(640, 9);
  expect(at(20) - at(2)).toBeCloseTo(at(50) - at(5), 9);
  expect(at(0.5)).toBe(40);
  expect(at(1e9)).toBeCloseTo(640, 9);
});

test('ticks give way before their labels collide', () => {
  expect(logAxis([100], 0, 800).ticks).toEqual([1, 2, 5, 10, 20, 50, 100]);
  expect(logAxis([100], 0, 280).ticks).toEqual([1, 10, 100]);
  expect(logAxis([1e9], 0, 280).ticks).toEqual([1, 1e9]);
});

test('a histogram loses no value but NaN', () => {
  const counts = logHistogram([1, 1.5, 99, 1e6, Infinity, NaN], 100, 10);
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(5);
  expect(counts[9]).toBe(3);
});

test('an outline starts and ends at its foot', () => {
  const path = stepsPath([0, 2, 1, 0], { left: 0, foot: 10, width: 40, unit: 3 });
  expect(path).toBe('M10 10V4H20V7H30V10z');
  expect(stepsPath([0, 0], { left: 0, foot: 10, width: 40, unit: 3 })).toBe('');
});
