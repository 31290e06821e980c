/**
 * In-context style perplexity: before each question stand a few of the model's own right answers to
 * other questions, so that an answer is measured as a continuation of the model's own style.
 */
import type { ResponseSet } from '../data/response-set.ts';
import { judgeAnswer } from '../evaluate/extract-answer.ts';
import type { BaseResult } from './results.ts';
import { answerRule, type Experiment } from './schema.ts';
import type { Task } from './task.ts';

/**
 * Puts the first so many right greedy answers to other training questions before every question of a
 * set, in their order; undefined when none are asked for or there are too few.
 */
export function styleExamples(
  { task: spec, familiarity: { styleExamples: count } }: Experiment,
  { train }: Pick<Task, 'train'>,
  { own }: Pick<BaseResult, 'own'>,
): ((set: ResponseSet) => ResponseSet) | undefined {
  const rule = answerRule(spec);
  const right = train.flatMap(({ id, text, gold }, i) => {
    const answer = own[i]!.text;
    return judgeAnswer(rule, answer, gold).flexible ? [{ id, text, answer }] : [];
  });
  // One more than asked for: the question's own answer is never among its examples.
  if (count === 0 || right.length <= count) return undefined;
  return (set) => ({
    ...set,
    rows: set.rows.map((row) => {
      const others = right.filter(({ id }) => id !== row.id).slice(0, count);
      const examples = others.map(({ text, answer }) => `Question: ${text}\nAnswer: ${answer}\n\n`);
      return { ...row, question: `${examples.join('')}Question: ${row.question}\nAnswer:` };
    }),
  });
}
