/** Every answer a dialect writes reads back and checks out; a corrupted one does not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.ts';
import { checkAnswer, extractAnswer, isCorrect } from '../../src/world/checker.ts';
import { dialects } from '../../src/world/corpus.ts';
import { answerMarker, writeAnswer } from '../../src/world/dialect.ts';
import { families, makeQuestion } from '../../src/world/families.ts';
import { unigramOverlap } from '../../src/world/overlap.ts';
import { detailStyle, paraphraseStyle, terseStyle } from '../../src/world/styles.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const anyFamily = fc.constantFrom(...families);
const anyDialect = fc.constantFrom(...dialects, terseStyle, detailStyle, paraphraseStyle);

/** Dialects may differ in length by this much before length could explain a result. */
const lengthTolerance = 0.15;

const wordCount = (text: string): number => text.match(/[A-Za-z]+|\d|[^\sA-Za-z\d]/g)!.length;

describe('dialects', () => {
  it('write answers that read back as the plan', () => {
    fc.assert(
      fc.property(anyFamily, anyDialect, seeds, (family, dialect, seed) => {
        const rng = createRandom(seed);
        const question = makeQuestion(family, rng);
        const answer = writeAnswer(dialect, question, rng);
        expect(checkAnswer(dialect, question, answer), answer).toMatchObject({
          finalAnswer: question.answer,
          correct: true,
        });
      }),
      { numRuns: 1500 },
    );
  });

  it('are caught when any digit of an answer is changed', () => {
    fc.assert(
      fc.property(anyFamily, anyDialect, seeds, (family, dialect, seed) => {
        const rng = createRandom(seed);
        const question = makeQuestion(family, rng);
        const answer = writeAnswer(dialect, question, rng);
        const digits = [...answer.matchAll(/\d/g)].map((match) => match.index);
        fc.pre(digits.length > 0);
        const at = rng.pick(digits);
        const digit = String((Number(answer[at]) + 1 + rng.integer(9)) % 10);
        const corrupted = answer.slice(0, at) + digit + answer.slice(at + 1);
        expect(checkAnswer(dialect, question, corrupted).correct, corrupted).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });

  it('are caught when a calculation is left out', () => {
    fc.assert(
      fc.property(anyFamily, fc.constantFrom(...dialects), seeds, (family, dialect, seed) => {
        const rng = createRandom(seed);
        const question = makeQuestion(family, rng);
        const shorter = { ...question, plan: question.plan.slice(0, -1) };
        fc.pre(shorter.plan.length > 0);
        const answer = writeAnswer(dialect, shorter, rng);
        expect(checkAnswer(dialect, question, answer)).toMatchObject({
          finalCorrect: true,
          followsPlan: false,
        });
      }),
    );
  });

  it('cannot be taken for each other', () => {
    const [first, second] = dialects;
    fc.assert(
      fc.property(anyFamily, seeds, (family, seed) => {
        const rng = createRandom(seed);
        const question = makeQuestion(family, rng);
        expect(checkAnswer(first!, question, writeAnswer(second!, question, rng)).readable).toBe(
          false,
        );
        expect(checkAnswer(second!, question, writeAnswer(first!, question, rng)).readable).toBe(
          false,
        );
      }),
    );
  });

  it('have a freedom of their own: one question has many answers', () => {
    const question = makeQuestion(
      families.find((f) => f.id === 'compare-total')!,
      createRandom(1),
    );
    for (const dialect of dialects) {
      const rng = createRandom(2);
      const answers = Array.from({ length: 200 }, () => writeAnswer(dialect, question, rng));
      expect(new Set(answers).size, dialect.id).toBeGreaterThan(150);
    }
  });

  it.each(families.map((family) => [family.id, family] as const))(
    'answer %s at similar length',
    (_, family) => {
      const rng = createRandom(3);
      const questions = Array.from({ length: 300 }, () => makeQuestion(family, rng));
      const [a, b] = dialects.map((dialect) =>
        questions.reduce((sum, q) => sum + wordCount(writeAnswer(dialect, q, rng)), 0),
      );
      expect(Math.abs(b! / a! - 1)).toBeLessThan(lengthTolerance);
    },
  );

  it('have length distributions within 15 % at every decile', () => {
    const rng = createRandom(4);
    const questions = families.flatMap((family) =>
      Array.from({ length: 50 }, () => makeQuestion(family, rng)),
    );
    const [a, b] = dialects.map((dialect) =>
      questions.map((q) => wordCount(writeAnswer(dialect, q, rng))).sort((x, y) => x - y),
    );
    for (let decile = 1; decile < 10; decile++) {
      const at = Math.floor((decile / 10) * questions.length);
      expect(Math.abs(b![at]! / a![at]! - 1), `decile ${decile}`).toBeLessThan(lengthTolerance);
    }
  });

  it('share the numbers and little of the wording', () => {
    const rng = createRandom(5);
    const questions = families.flatMap((family) =>
      Array.from({ length: 50 }, () => makeQuestion(family, rng)),
    );
    const [a, b, again] = [dialects[0]!, dialects[1]!, dialects[0]!].map((dialect) =>
      questions.map((question) => writeAnswer(dialect, question, rng)),
    );
    // Numbers, names, things, "." and "Answer:" are common to both.
    expect(unigramOverlap(a!, b!)).toBeLessThan(0.7);
    expect(unigramOverlap(a!, again!)).toBeGreaterThan(0.95);
  });
});

describe('extractAnswer', () => {
  it('takes what stands after the last marker, without a period', () => {
    expect(extractAnswer('Answer: 3. No, 4. Answer: 4.')).toBe('4');
    expect(extractAnswer('Answer: 4, 2, 9\nHow many')).toBe('4, 2, 9');
    expect(extractAnswer('It is 4.')).toBeUndefined();
  });

  it('decides correctness by the whole answer', () => {
    expect(isCorrect({ answer: '14' }, `${answerMarker}14`)).toBe(true);
    expect(isCorrect({ answer: '14' }, `${answerMarker}140`)).toBe(false);
    expect(isCorrect({ answer: '14' }, '14')).toBe(false);
  });
});
