/** The micro-world's own questions, recognized among rows: then answers can be checked step by step. */
import type { ResponseRow, ResponseSet } from '../../data/response-set.ts';
import type { AnswerRule } from '../../evaluate/extract-answer.ts';
import { agreementNotices, goldAgreement } from '../../evaluate/gold-agreement.ts';
import type { Notice } from '../../notices.ts';
import { createRandom } from '../../random.ts';
import { answerMarker } from '../../world/dialect.ts';
import { familiesOf } from '../../world/families.ts';
import type { Question } from '../../world/question.ts';
import { makeQuestions } from '../../world/splits.ts';

/** Seed of the questions that come with the lab, and of an experiment's when none is given. */
export const WORLD_SEED = 41;
/** More than the lab ships; the first so many are always the same. */
const KNOWN = 400;

/** A number, a list or a day. */
const worldGold = /^(?:\d+(?:, \d+)*|[A-Z][a-z]+day)$/;

let known: ReadonlyMap<string, Question> | undefined;

/** Made once: it takes a while. */
function shippedQuestions(): ReadonlyMap<string, Question> {
  const random = createRandom(WORLD_SEED).fork('train');
  known ??= new Map(
    makeQuestions(familiesOf('target'), 'train', KNOWN, random).map((one) => [one.id, one]),
  );
  return known;
}

/** The question behind each row by id; undefined unless every row is one of the lab's own. */
export function knownQuestions(rows: readonly ResponseRow[]): Map<string, Question> | undefined {
  const found = new Map<string, Question>();
  for (const { id, question } of rows) {
    const shipped = shippedQuestions().get(id);
    if (shipped?.text !== question) return undefined;
    found.set(id, shipped);
  }
  return found;
}

/**
 * How answers are judged where no experiment says it: options by name, the micro-world's questions by its rule, and
 * so are answers that are all marked as it marks them, if that finds as many right ones.
 */
export function usualRule(rows: readonly ResponseRow[]): AnswerRule {
  if (rows.some(({ options }) => options !== undefined)) return { kind: 'multiple-choice' };
  const [world, other] = [{ kind: 'world' }, { kind: 'final-answer' }] as const;
  if (rows.length > 0 && knownQuestions(rows)) return world;
  const marked = rows.every(
    ({ response, gold }) =>
      response.includes(answerMarker) &&
      !/final answer/i.test(response) &&
      (gold === undefined || worldGold.test(gold)),
  );
  const agree = (rule: AnswerRule) => goldAgreement(rows, rule).agree;
  return rows.length > 0 && marked && agree(world) >= agree(other) ? world : other;
}

/** How many given answers agree with their gold, said before sets are measured or trained on. */
export function givenAnswerNotices(sets: readonly ResponseSet[]): Notice[] {
  return agreementNotices(sets.map(({ name, rows }) => ({ name, rows, rule: usualRule(rows) })));
}
