import { expect, test } from 'vitest';
import { bytes, count, digits, duration, large, list, percent } from '../../src/figures/format.ts';

test.each([
  [1.2345, '1.23'],
  [2, '2.00'],
  [38.123, '38.1'],
  [1234.5, '1,235'],
  [0, '0'],
  [-0.5, '−0.500'],
  [0.00012, '1.20e−4'],
  [3.2e7, '3.20e7'],
  [Infinity, '∞'],
  [NaN, '–'],
])('digits of %d', (value, text) => {
  expect(digits(value)).toBe(text);
});

test('lengths of time', () => {
  expect([0.2, 9.4, 130, 1500, 11_100, Infinity].map(duration)).toEqual([
    'under 1 s',
    '9 s',
    '2 min 10 s',
    '25 min',
    '3 h 5 min',
    '–',
  ]);
});

test('sizes, counts, shares and lists', () => {
  expect([512, 6_811_648, 269_000_000].map(bytes)).toEqual(['512 B', '6.8 MB', '269 MB']);
  expect([count(12_480), large(3_405_824), percent(0.876)]).toEqual([
    '12,480',
    '3.41 million',
    '88 %',
  ]);
  expect([list([]), list(['a']), list(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
});
