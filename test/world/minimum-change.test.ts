/** Corrected answers check out, keep what was right, and change little else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editSimilarity } from '../../src/data/similarity.ts';
import { createRandom } from '../../src/random.ts';
import { checkAnswer } from '../../src/world/checker.ts';
import { dialects } from '../../src/world/corpus.ts';
import { dialectA } from '../../src/world/dialect-a.ts';
import { writeAnswer } from '../../src/world/dialect.ts';
import { families, familyById, makeQuestion } from '../../src/world/families.ts';
import { minimumChange } from '../../src/world/minimum-change.ts';
import type { Question } from '../../src/world/question.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const step = { name: '', left: '', right: '', unit: 'apples' };
const question: Question = {
  id: 'q',
  family: 'compare-total',
  text: 'Zoe has 7 apples. Rob has 8 more apples than Zoe. How many do they have together?',
  answer: '22',
  numbers: [7, 8],
  plan: [
    { ...step, operation: 'given', label: 'owner', name: 'Zoe', result: '7' },
    { ...step, operation: 'add', label: 'owner', name: 'Rob', left: '7', right: '8', result: '15' },
    { ...step, operation: 'add', label: 'together', left: '7', right: '15', result: '22' },
  ],
};
const corrected = (answer: string) => minimumChange(dialectA, question, answer, createRandom(1));

describe('minimum change', () => {
  it('leaves a right answer alone', () => {
    const answer =
      'Zoe has 7 apples. Rob has 7 + 8 = 15, so their sum is 7 plus 15 = 22. Answer: 22';
    expect(corrected(answer)).toEqual({
      response: answer,
      how: 'unchanged',
      kept: 3,
      sentences: 3,
    });
  });

  it('changes one number where only one is wrong', () => {
    const answer =
      'Zoe has 7 apples. Rob owns 7 plus 8 = 14, so their sum is 7 plus 15 = 22. Answer: 22';
    expect(corrected(answer)).toMatchObject({
      response: answer.replace('14', '15'),
      how: 'edited',
      kept: 2,
    });
  });

  it('carries a correction on in the own words', () => {
    const answer =
      'Zoe has 7 apples, and Rob owns 7 + 8, which is 16. So together they have 7 + 16, which is 23 apples. Answer: 23';
    expect(corrected(answer).response).toBe(
      'Zoe has 7 apples, and Rob owns 7 + 8, which is 15. So together they have 7 + 15, which is 22 apples. Answer: 22',
    );
  });

  it('adds what is missing, drops what is too much, mends the last sentence', () => {
    expect(corrected('Rob has 7 + 8 = 15. Answer: 15').response).toMatch(
      /^Zoe (has|owns) 7 apples\. Rob has 7 \+ 8 = 15(\. |, so).* 22.*\. Answer: 22$/,
    );
    const answer =
      'Zoe has 7 apples. Zoe has 9 apples. Rob has 7 + 8 = 15. Their sum is 7 + 15 = 22. The result is 23. Answer: 23';
    expect(corrected(answer).response).toBe(
      'Zoe has 7 apples. Rob has 7 + 8 = 15. Their sum is 7 + 15 = 22. The result is 22. Answer: 22',
    );
  });

  it('makes something right of anything', () => {
    for (const answer of [
      '',
      'Answer: 3',
      'no idea',
      'Taking 3 from 9 leaves 6 apiece; so. Answer: ',
    ]) {
      const { response } = corrected(answer);
      expect(checkAnswer(dialectA, question, response).correct, response).toBe(true);
    }
  });

  it('turns the answer to another question of the family into a right one, close to it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...families),
        fc.constantFrom(...dialects),
        seeds,
        (family, dialect, seed) => {
          const rng = createRandom(seed);
          const question = makeQuestion(family, rng);
          const other = makeQuestion(family, rng);
          const answer = writeAnswer(dialect, other, rng);
          const { response, how } = minimumChange(dialect, question, answer, rng);
          expect(checkAnswer(dialect, question, response), `${answer}\n${response}`).toMatchObject({
            correct: true,
          });
          expect(how).not.toBe('rewritten');
        },
      ),
      { numRuns: 600 },
    );
  });

  it('stays closer to the own answer than a new one would', () => {
    const rng = createRandom(3);
    let near = 0;
    for (let i = 0; i < 100; i++) {
      const question = makeQuestion(familyById('twice-compare'), rng);
      const answer = writeAnswer(dialectA, question, rng)
        .replace(/\d(?=\D*$)/, '0')
        .replace(/= \d+/, '= 99');
      const { response } = minimumChange(dialectA, question, answer, rng);
      const anew = writeAnswer(dialectA, question, rng);
      if (editSimilarity(answer, response) > editSimilarity(answer, anew)) near++;
    }
    expect(near).toBeGreaterThan(95);
  });
});

describe('edit similarity', () => {
  it('counts words, digits and marks', () => {
    expect(editSimilarity('a b c d', 'a b c d')).toBe(1);
    expect(editSimilarity('a b c d', 'a x c')).toBe(0.5);
    expect(editSimilarity('12', '13')).toBe(0.5);
    expect(editSimilarity('', '')).toBe(1);
    expect(editSimilarity('', 'a')).toBe(0);
  });
});
