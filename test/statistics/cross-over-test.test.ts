/** The cross-over over questions and seeds, on cells small enough to be worked out by hand. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.ts';
import {
  seededInteraction,
  verdictOf,
  type CrossOverCells,
} from '../../src/statistics/cross-over-test.ts';
import { pairedChange } from '../../src/statistics/paired-change.ts';

const filled = (seeds: number, questions: number, value: (s: number, i: number) => number) =>
  Array.from({ length: seeds }, (_, s) => Array.from({ length: questions }, (_, i) => value(s, i)));

/** Cells in which the own set is right with one probability and the other with another. */
function simulated(same: number, other: number, seeds: number, questions: number, seed: number) {
  const random = createRandom(seed);
  const draw = (share: number) =>
    filled(seeds, questions, () => (random.uniform() < share ? 1 : 0));
  return {
    modelAsetA: draw(same),
    modelAsetB: draw(other),
    modelBsetA: draw(other),
    modelBsetB: draw(same),
  };
}

describe('seeded interaction', () => {
  it('agrees with a calculation by hand', () => {
    // Two seeds, three questions. Halved sums: seed 0: 1, .5, 0; seed 1: 1, 0, .5.
    const cells: CrossOverCells = {
      modelAsetA: [
        [1, 1, 0],
        [1, 0, 1],
      ],
      modelAsetB: filled(2, 3, () => 0),
      modelBsetA: filled(2, 3, () => 0),
      modelBsetB: [
        [1, 0, 0],
        [1, 0, 0],
      ],
    };
    const result = seededInteraction(cells, createRandom(1));
    expect(result.mean).toBeCloseTo(0.5, 12);
    expect(result.bracketA).toBeCloseTo(2 / 3, 12);
    expect(result.bracketB).toBeCloseTo(1 / 3, 12);
    // Question means 1, .25, .25: of 8 sign patterns one reaches their sum.
    expect(result.overQuestions.p).toEqual({ greater: 1 / 8, less: 1, twoSided: 2 / 8 });
    // Seed means .5, .5: one pattern of four.
    expect(result.overSeeds.p).toEqual({ greater: 1 / 4, less: 1, twoSided: 2 / 4 });
    expect(result.smallestP).toEqual({ questions: 1 / 8, seeds: 1 / 4 });
    expect(verdictOf(result)).toBe('inconclusive');
  });

  it('supports, contradicts, or says neither', () => {
    const verdict = (same: number, other: number, seeds: number) =>
      verdictOf(seededInteraction(simulated(same, other, seeds, 60, 3), createRandom(4)));
    expect(verdict(0.8, 0.3, 2)).toBe('supported');
    expect(verdict(0.8, 0.3, 5)).toBe('supported');
    expect(verdict(0.3, 0.8, 5)).toBe('contradicted');
    expect(verdict(0.5, 0.5, 5)).toBe('inconclusive');
  });

  it('is not carried by one model alone', () => {
    const cells = simulated(0.9, 0.1, 5, 60, 5);
    const one = { ...cells, modelBsetB: cells.modelBsetA, modelBsetA: cells.modelBsetB };
    const lopsided = {
      ...one,
      modelBsetA: filled(5, 60, () => 1),
      modelBsetB: filled(5, 60, (_, i) => (i < 55 ? 1 : 0)),
    };
    const result = seededInteraction(lopsided, createRandom(1));
    expect(result.interval.low).toBeGreaterThan(0);
    expect(result.bracketB).toBeLessThan(0);
    expect(verdictOf(result)).toBe('inconclusive');
  });

  it('needs the seeds as well, once they can tell', () => {
    // Every question gains in seeds 0 to 2 and loses a little in 3 and 4.
    const gain = filled(5, 80, (s) => (s < 3 ? 1 : -0.1));
    const none = filled(5, 80, () => 0);
    const cells = { modelAsetA: gain, modelAsetB: none, modelBsetA: none, modelBsetB: gain };
    const result = seededInteraction(cells, createRandom(1));
    expect(result.overQuestions.p.greater).toBeLessThan(0.001);
    expect(result.overSeeds.p.greater).toBe(4 / 32);
    expect(verdictOf(result)).toBe('inconclusive');
  });

  it('finds nothing in noise more often than the level allows', () => {
    let supported = 0;
    for (let seed = 0; seed < 100; seed++) {
      const cells = simulated(0.5, 0.5, 2, 30, seed);
      if (verdictOf(seededInteraction(cells, createRandom(seed))) === 'supported') supported++;
    }
    expect(supported).toBeLessThanOrEqual(8);
  });

  it('refuses cells that do not match', () => {
    const cells = simulated(0.5, 0.5, 2, 3, 1);
    const broken = { ...cells, modelBsetA: filled(2, 4, () => 0) };
    expect(() => seededInteraction(broken, createRandom(1))).toThrow(RangeError);
  });
});

describe('paired change', () => {
  it('is the mean of differences with an interval around it', () => {
    const change = pairedChange([1, 1, 1, 0], [1, 0, 0, 0], createRandom(1));
    expect(change).toMatchObject({ n: 4, before: 0.75, after: 0.25, change: -0.5 });
    expect(change.interval.low).toBe(-1);
    expect(change.interval.high).toBe(0);
  });
});
