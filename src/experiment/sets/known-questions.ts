/** The micro-world's own questions, recognized among rows: then answers can be checked step by step. */
import type { ResponseRow } from '../../data/response-set.ts';
import type { AnswerRule } from '../../evaluate/extract-answer.ts';
import { createRandom } from '../../random.ts';
import { familiesOf } from '../../world/families.ts';
import type { Question } from '../../world/question.ts';
import { makeQuestions } from '../../world/splits.ts';

/** Seed of the questions that come with the lab, and of an experiment's when none is given. */
export const WORLD_SEED = 41;
/** More than the lab ships; the first so many are always the same. */
const KNOWN = 400;

/** The question behind each row by id; undefined unless every row is one of the lab's own. */
export function knownQuestions(rows: readonly ResponseRow[]): Map<string, Question> | undefined {
  const random = createRandom(WORLD_SEED).fork('train');
  const known = new Map(
    makeQuestions(familiesOf('target'), 'train', KNOWN, random).map((one) => [one.id, one]),
  );
  const found = new Map<string, Question>();
  for (const { id, question, messages } of rows) {
    const own = known.get(id);
    if (own?.text !== question || messages !== undefined) return undefined;
    found.set(id, own);
  }
  return found;
}

/** How answers are judged where no experiment says it: the micro-world's by its rule, options by name. */
export function usualRule(rows: readonly ResponseRow[]): AnswerRule {
  if (rows.some(({ options }) => options !== undefined)) return { kind: 'multiple-choice' };
  return { kind: knownQuestions(rows) ? 'world' : 'final-answer' };
}
