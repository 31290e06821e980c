/** Series beyond the eighth: no two of the first 64 share color and shape, and lines are dashed. */
import { expect, it } from 'vitest';
import { COLORS, markPath, seriesColor, seriesDash } from '../../src/figures/drawing/marks.ts';

const slots = Array.from({ length: 64 }, (_, i) => i + 1);

it('color and shape together name a slot', () => {
  expect(new Set(slots.map((slot) => seriesColor(slot))).size).toBe(COLORS);
  const looks = slots.map((slot) => `${seriesColor(slot)} ${markPath(slot, 5)}`);
  expect(new Set(looks).size).toBe(slots.length);
});

it('lines of a color differ by their dashes, three rounds long', () => {
  const lines = slots.slice(0, 24).map((slot) => `${seriesColor(slot)} ${seriesDash(slot)}`);
  expect(new Set(lines).size).toBe(24);
  expect(slots.slice(0, 8).map(seriesDash)).toEqual(new Array(8).fill(undefined));
});
