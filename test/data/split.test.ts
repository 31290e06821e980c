import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResponseSet } from '../../src/data/response-set.ts';
import { splitByQuestion } from '../../src/data/split.ts';
import { DataError } from '../../src/errors.ts';
import { createRandom } from '../../src/random.ts';

function sets(questions: readonly string[], writers = 2): ResponseSet[] {
  return Array.from({ length: writers }, (_, w) => ({
    id: `w${w}`,
    name: `w${w}`,
    rows: questions.map((question, i) => ({ id: `${i}`, question, response: `w${w} on ${i}` })),
  }));
}

const questionsOf = (part: ResponseSet[]) => part[0]!.rows.map((row) => row.question);
const numbered = (n: number) => Array.from({ length: n }, (_, i) => `question ${i}`);

describe('splitByQuestion', () => {
  it('never shares a question between parts and never loses a row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 8, maxLength: 60 }),
        fc.integer(),
        (labels, seed) => {
          const whole = sets(labels.map((label) => `question ${label}`));
          const split = splitByQuestion(whole, { validation: 0.2, test: 0.3 }, createRandom(seed));
          const parts = [split.train, split.validation, split.test];
          const questions = parts.map((part) => new Set(questionsOf(part)));
          for (const [i, a] of questions.entries()) {
            for (const b of questions.slice(i + 1))
              expect([...a].filter((q) => b.has(q))).toEqual([]);
          }
          for (const w of [0, 1]) {
            const kept = parts.flatMap((part) => part[w]!.rows.map((row) => row.response));
            expect(kept.sort()).toEqual(whole[w]!.rows.map((row) => row.response).sort());
          }
        },
      ),
    );
  });

  it('gives the sizes asked for, as shares or counts, the same in every set', () => {
    const shares = splitByQuestion(
      sets(numbered(50)),
      { validation: 0.1, test: 0.2 },
      createRandom(1),
    );
    expect(shares.train.map((set) => set.rows.length)).toEqual([35, 35]);
    expect(shares.validation[0]!.rows).toHaveLength(5);
    expect(shares.test[1]!.rows).toHaveLength(10);
    const counts = splitByQuestion(sets(numbered(50)), { validation: 0, test: 7 }, createRandom(1));
    expect(counts.test[0]!.rows).toHaveLength(7);
    expect(counts.validation[0]!.rows).toHaveLength(0);
  });

  it('depends on the seed, not on the order of the rows', () => {
    const questions = numbered(40);
    const of = (list: string[], seed: number) =>
      questionsOf(
        splitByQuestion(sets(list), { validation: 0, test: 10 }, createRandom(seed)).test,
      );
    const reversed = [...questions].reverse();
    expect(of(questions, 5).sort()).toEqual(of(reversed, 5).sort());
    expect(of(questions, 5)).not.toEqual(of(questions, 6));
  });

  it('moves at most one other question when one is left out', () => {
    const questions = numbered(40);
    const testOf = (list: string[]) =>
      new Set(
        questionsOf(splitByQuestion(sets(list), { validation: 0, test: 10 }, createRandom(2)).test),
      );
    const before = testOf(questions);
    const after = testOf(questions.slice(1));
    expect([...after].filter((q) => !before.has(q)).length).toBeLessThanOrEqual(1);
  });

  it('refuses sets that are not joined, and parts that leave nothing to train on', () => {
    const [a, b] = sets(numbered(5));
    const shifted = { ...b!, rows: b!.rows.slice(1) };
    const cut = { ...b!, rows: b!.rows.slice(0, 4) };
    expect(() => splitByQuestion([a!, cut], { validation: 0, test: 1 }, createRandom(0))).toThrow(
      DataError,
    );
    expect(() =>
      splitByQuestion([shifted, a!], { validation: 0, test: 1 }, createRandom(0)),
    ).toThrow(DataError);
    expect(() =>
      splitByQuestion([a!, shifted], { validation: 0, test: 1 }, createRandom(0)),
    ).toThrow(DataError);
    expect(() => splitByQuestion([a!], { validation: 2, test: 3 }, createRandom(0))).toThrow(
      /5 questions/,
    );
    expect(() => splitByQuestion([a!], { validation: -1, test: 0 }, createRandom(0))).toThrow(
      DataError,
    );
  });
});
