/**
 * Train, validation and test questions, apart by construction: a question's split is a function of
 * its family and its numbers, so no two splits share a tuple of numbers within a family, and
 * equal texts always fall into the same split. Basic facts (7 + 8) stay visible in other families.
 */
import type { Random } from '../random.ts';
import { makeQuestion, type Family } from './families.ts';
import { hashText, type Question } from './question.ts';

export type Split = 'train' | 'validation' | 'test';

/** Of a hundred tuples of numbers: 70 train, 15 validate, 15 test. */
const [validationFrom, testFrom] = [70, 85];

/** The split a question belongs to. */
export function splitOf(question: Pick<Question, 'family' | 'numbers'>): Split {
  const place = hashText(`${question.family}/${question.numbers.join(' ')}`) % 100;
  if (place < validationFrom) return 'train';
  return place < testFrom ? 'validation' : 'test';
}

/** One question of the family that belongs to the split. */
export function makeSplitQuestion(family: Family, split: Split, rng: Random): Question {
  for (;;) {
    const question = makeQuestion(family, rng);
    if (splitOf(question) === split) return question;
  }
}

/**
 * `count` different questions of one split, taking the families in turn.
 * Throws a RangeError when the families cannot supply so many.
 */
export function makeQuestions(
  from: readonly Family[],
  split: Split,
  count: number,
  rng: Random,
): Question[] {
  if (from.length === 0) throw new RangeError('No family to draw questions from.');
  const questions = new Map<string, Question>();
  // A small family may run dry: after this many repeats in a row the request is refused.
  const patience = 1000;
  let repeats = 0;
  for (let turn = 0; questions.size < count; turn++) {
    const question = makeSplitQuestion(from[turn % from.length]!, split, rng);
    repeats = questions.has(question.text) ? repeats + 1 : 0;
    if (repeats > patience) {
      throw new RangeError(
        `Only ${questions.size} different ${split} questions exist, asked for ${count}.`,
      );
    }
    questions.set(question.text, question);
  }
  return [...questions.values()];
}
