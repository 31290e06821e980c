import { describe, expect, it } from 'vitest';
import { createRandom, restoreRandom } from '../src/random.ts';

const draw = (random: { uniform(): number }, n: number) =>
  Array.from({ length: n }, () => random.uniform());

describe('random', () => {
  it('repeats for a seed and differs between seeds, zero included', () => {
    expect(draw(createRandom(0), 5)).toEqual(draw(createRandom(0), 5));
    expect(draw(createRandom(0), 5)).not.toEqual(draw(createRandom(1), 5));
  });

  it('continues from a saved state', () => {
    const random = createRandom(7);
    draw(random, 3);
    const state = structuredClone(random.state());
    expect(draw(restoreRandom(state), 4)).toEqual(draw(random, 4));
  });

  it('forks by purpose without advancing', () => {
    const random = createRandom(7);
    const before = draw(random.fork('data'), 3);
    draw(random, 10);
    expect(draw(random.fork('data'), 3)).toEqual(before);
    expect(draw(random.fork('dropout'), 3)).not.toEqual(before);
  });

  it('shuffles without losing an item, and draws normals of mean 0 and variance 1', () => {
    const random = createRandom(3);
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = random.shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
    const normals = Array.from({ length: 20_000 }, () => random.normal());
    const mean = normals.reduce((a, b) => a + b) / normals.length;
    const variance = normals.reduce((a, b) => a + (b - mean) ** 2, 0) / normals.length;
    // Five standard errors: 1/√n for the mean, √(2/n) for the variance.
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(20_000));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
  });
});
