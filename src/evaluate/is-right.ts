/** One answer to one recorded question. */
import type { Choices } from '../data/option-named.ts';
import type { ResponseRow } from '../data/response-set.ts';
import { judgeAnswer, type AnswerRule } from './extract-answer.ts';

/** The options of a question or row, with their labels; undefined when it has none. */
export function choicesOf({
  options,
  labels,
}: Pick<ResponseRow, 'options' | 'labels'>): Choices | undefined {
  return options && { options, labels };
}

/** Whether an answer is right in whatever form it stands; undefined when the row has no right answer. */
export function isRight(
  rule: AnswerRule,
  row: Pick<ResponseRow, 'gold' | 'options' | 'labels'>,
  answer: string,
): boolean | undefined {
  return row.gold === undefined
    ? undefined
    : judgeAnswer(rule, answer, row.gold, choicesOf(row)).flexible;
}
