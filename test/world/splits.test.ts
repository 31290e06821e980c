/** Splits share no question, and pre-training shows no target and no held-out question. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.ts';
import { corpus } from '../../src/world/corpus.ts';
import {
  families,
  familiesOf,
  familyById,
  makeQuestion,
  type FamilyRole,
} from '../../src/world/families.ts';
import { stepHolds } from '../../src/world/question.ts';
import { makeQuestions, splitOf, type Split } from '../../src/world/splits.ts';

const splits: readonly Split[] = ['train', 'validation', 'test'];
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe('families', () => {
  it('are at least eight of pre-training, two of target and two of retention', () => {
    expect(familiesOf('pretraining', 'retention').length).toBeGreaterThanOrEqual(8);
    expect(familiesOf('target').length).toBeGreaterThanOrEqual(2);
    expect(familiesOf('retention').length).toBeGreaterThanOrEqual(2);
    expect(new Set(families.map((family) => family.id)).size).toBe(families.length);
  });

  it('give pre-training weight to what it may show and none to what it may not', () => {
    const seen: readonly FamilyRole[] = ['pretraining', 'retention'];
    for (const family of families) expect(family.weight > 0).toBe(seen.includes(family.role));
  });

  it('make plans whose steps hold and end in the answer', () => {
    fc.assert(
      fc.property(fc.constantFrom(...families), seeds, (family, seed) => {
        const question = makeQuestion(family, createRandom(seed));
        expect(question.plan.every(stepHolds)).toBe(true);
        expect(question.plan.at(-1)!.result).toBe(question.answer);
      }),
      { numRuns: 1000 },
    );
  });

  it('give the same question for the same seed', () => {
    for (const family of families) {
      expect(makeQuestion(family, createRandom(9))).toEqual(makeQuestion(family, createRandom(9)));
    }
  });

  it('are found by id, and a wrong id is answered with the list', () => {
    expect(familyById('compare-total').role).toBe('target');
    expect(() => familyById('algebra')).toThrow(/compare-total/);
  });
});

describe('splits', () => {
  it('depend on the numbers alone, so that equal texts never part', () => {
    fc.assert(
      fc.property(fc.constantFrom(...families), seeds, seeds, (family, one, other) => {
        const first = makeQuestion(family, createRandom(one));
        const second = makeQuestion(family, createRandom(other));
        if (first.text === second.text) expect(first.numbers).toEqual(second.numbers);
        if (first.numbers.join() === second.numbers.join()) {
          expect(splitOf(first)).toBe(splitOf(second));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each(families.map((family) => [family.id, family] as const))(
    'share no text and no numbers within %s',
    (_, family) => {
      const texts = new Map<string, Split>();
      const tuples = new Map<string, Split>();
      for (const split of splits) {
        const questions = makeQuestions([family], split, 80, createRandom(1));
        for (const { text, numbers } of questions) {
          expect(texts.has(text)).toBe(false);
          texts.set(text, split);
          const tuple = numbers.join(' ');
          expect(tuples.get(tuple) ?? split).toBe(split);
          tuples.set(tuple, split);
        }
      }
    },
  );

  it('refuse more questions than there are', () => {
    expect(() => makeQuestions([familyById('day-after')], 'test', 5000, createRandom(1))).toThrow(
      RangeError,
    );
    expect(() => makeQuestions([], 'test', 1, createRandom(1))).toThrow(RangeError);
  });
});

describe('corpus', () => {
  it('shows train questions of known families only, in the given mix', () => {
    const stream = corpus({ dialect: 'b', ownShare: 0.9 }, createRandom(6));
    const known = new Set(familiesOf('pretraining', 'retention').map((family) => family.id));
    const size = 3000;
    let ownCount = 0;
    for (let i = 0; i < size; i++) {
      const { question, dialect } = stream.next().value;
      expect(known.has(question.family)).toBe(true);
      expect(splitOf(question)).toBe('train');
      if (dialect === 'b') ownCount++;
    }
    // Four standard deviations of a share of .9 over 3000 draws.
    expect(Math.abs(ownCount / size - 0.9)).toBeLessThan(0.022);
  });

  it('refuses a share outside 0 to 1 and an unknown dialect', () => {
    expect(() => corpus({ dialect: 'a', ownShare: 2 }, createRandom(1)).next()).toThrow(RangeError);
    expect(() => corpus({ dialect: 'c', ownShare: 1 }, createRandom(1)).next()).toThrow(
      /dialect "c"/,
    );
  });
});
