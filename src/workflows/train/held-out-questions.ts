/**
 * Held-out questions whose right answers are known, asked of the model before, during and after
 * training: what training is for, where a loss is only a means.
 */
import type { EvaluationQuestion } from '../../evaluate/accuracy.ts';
import type { CheckSettings } from '../../evaluate/config.ts';
import type { AnswerRule } from '../../evaluate/extract-answer.ts';
import { EXPECTED_SHARE, goldAgreement } from '../../evaluate/gold-agreement.ts';
import { promptPart, type ResponseRow } from '../../data/response-set.ts';
import { knownQuestions, usualRule } from '../../experiment/sets/known-questions.ts';
import type { HeldOutCheck } from '../../metrics/held-out-check.ts';
import { notice, type Notice } from '../../notices.ts';

export interface HeldOutQuestions {
  questions: EvaluationQuestion[];
  rule: AnswerRule;
  /** Written answers to these questions that agree with the right one, by the same rule. */
  agreeing: number;
  longestAnswer: number;
}

/** Questions answered on the way. */
export const SAMPLED = 3;

/** @returns undefined when none is wanted, or the right answer to none is known */
export function heldOutQuestions(
  rows: readonly ResponseRow[],
  { heldOutQuestions: most, longestAnswer }: CheckSettings,
): HeldOutQuestions | undefined {
  const known = knownQuestions(rows);
  const judged = rows
    .map((row) => ({ ...row, gold: row.gold ?? known?.get(row.id)?.answer }))
    .filter((row): row is ResponseRow & { gold: string } => row.gold !== undefined)
    .slice(0, most);
  if (judged.length === 0) return undefined;
  const rule = usualRule(judged);
  const { agree: agreeing } = goldAgreement(judged, rule);
  const questions = judged.map((row) => ({
    id: row.id,
    text: row.question,
    ...promptPart(row),
    gold: row.gold,
    ...(row.options && { options: row.options }),
    ...(row.labels && { labels: row.labels }),
  }));
  return { questions, rule, agreeing, longestAnswer };
}

/** Why nothing is asked, or why what is counted may mean little. */
export function questionNotices(
  found: HeldOutQuestions | undefined,
  { heldOutQuestions: wanted }: CheckSettings,
): Notice[] {
  if (wanted === 0) return [];
  if (!found) {
    const text =
      'No held-out question comes with its right answer, so none is asked before and after training.';
    return [notice('info', text)];
  }
  const { questions, agreeing, rule } = found;
  if (agreeing >= EXPECTED_SHARE * questions.length) return [];
  const text = `Only ${agreeing} of ${questions.length} written answers to the held-out questions agree with the right one as they are judged (${rule.kind}): counts of right answers may mean little.`;
  return [notice('doubtful', text)];
}

export const rightOf = ({ answers }: HeldOutCheck): number =>
  answers.filter(({ right }) => right).length;
