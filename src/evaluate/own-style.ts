/**
 * In-context style perplexity (SPPL, arXiv 2502.11779): before each question stand a few of the
 * model's own right answers to other questions, so that an answer is measured as a continuation of
 * the model's own style.
 */
import type { ResponseRow, ResponseSet } from '../data/response-set.ts';
import { transcript } from '../data/transcript.ts';
import type { AnswerRule } from './extract-answer.ts';
import { isRight } from './is-right.ts';

/** What a model answered by itself, greedily. */
export interface OwnAnswer {
  id: string;
  /** "Question: …", with the turns before it. */
  question: string;
  answer: string;
  /** The final answer agrees with the right one, in whatever form it stands. */
  right: boolean;
}

export function judgeOwn(rule: AnswerRule, row: ResponseRow, answer: string): OwnAnswer {
  const right = isRight(rule, row, answer) === true;
  return { id: row.id, question: transcript(row), answer, right };
}

/** Right answers that are needed: the question's own answer is never among its examples. */
export function neededAnswers(examples: number): number {
  return examples + 1;
}

/**
 * Puts the first so many right answers to other questions before every question of a set, in their
 * order; undefined when there are too few.
 */
export function inStyle(
  set: ResponseSet,
  ownAnswers: readonly OwnAnswer[],
  examples: number,
): ResponseSet | undefined {
  const right = ownAnswers.filter((one) => one.right);
  if (right.length < neededAnswers(examples)) return undefined;
  const rows = set.rows.map((row) => {
    const conversation = transcript(row);
    const before = right
      .filter(({ id, question }) => id !== row.id && question !== conversation)
      .slice(0, examples)
      .map(({ question, answer }) => `${question}\nAnswer: ${answer}\n\n`);
    const question = `${before.join('')}Question: ${row.question}\nAnswer:`;
    const { messages } = row;
    if (messages === undefined) return { ...row, question };
    // The examples stand in the turn that is answered; what was said before stays.
    const at = messages.findLastIndex(({ role }) => role === 'user');
    return { ...row, question, messages: messages.with(at, { role: 'user', content: question }) };
  });
  return { ...set, rows };
}

/** Why nothing was measured in style, in plain words. */
export function tooFewAnswers(
  model: string,
  ownAnswers: readonly OwnAnswer[],
  examples: number,
): string {
  const right = ownAnswers.filter((one) => one.right).length;
  if (ownAnswers.length === 0) {
    return 'No question has a right final answer in the data, so the model’s own answers cannot be judged and nothing was measured in its style.';
  }
  return `${model} answered ${right} of ${ownAnswers.length} questions right by itself; ${neededAnswers(examples)} are needed to put ${examples} of its own answers before each question. Nothing was measured in its style.`;
}
