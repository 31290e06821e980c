/**
 * Multiple choice by log-likelihood: each option is measured as the answer to its question. `strict`
 * is acc, the option with the largest Σ ln p of its tokens; `flexible` is the largest per byte of
 * the option's own UTF-8 text, which does not favor short options: lm-evaluation-harness's acc_bytes, and
 * for ASCII texts its acc_norm, which divides by characters. Of equals the first.
 */
import { promptPart, type ResponseRow } from '../data/response-set.ts';
import { DataError } from '../errors.ts';
import type { EvaluationQuestion, Outcome } from './accuracy.ts';

export interface MeasuredOption {
  nllSum: number;
  bytes: number;
  tokens: number;
}

/** Measures answers, given as one row for each option; too long ones may be missing. */
export type OptionMeasure = (
  rows: readonly ResponseRow[],
) => Promise<readonly ({ rowId: string } & MeasuredOption)[]>;

/**
 * Outcomes in the order of the questions.
 * @throws DataError when an option is too long to be measured
 */
export async function chooseOptions(
  questions: readonly EvaluationQuestion[],
  measure: OptionMeasure,
): Promise<Outcome[]> {
  const rowId = (q: number, k: number) => `${q}/${k}`;
  const measured = await measure(
    questions.flatMap(({ text, options = [], ...question }, q) =>
      options.map((response, k) => ({
        ...{ id: rowId(q, k), question: text, ...promptPart(question) },
        response,
      })),
    ),
  );
  const byRow = new Map(measured.map((row) => [row.rowId, row]));
  return questions.map(({ id, gold, options = [] }, q) => {
    const scores = options.map((option, k) => {
      const score = byRow.get(rowId(q, k));
      if (score) return score;
      throw new DataError(
        `The question ${id} is too long to be asked with its option "${option}".`,
      );
    });
    const likeliest = best(scores, ({ nllSum }) => nllSum);
    const perByte = best(scores, ({ nllSum, bytes }) => nllSum / bytes);
    return {
      id,
      response: options[likeliest]!,
      tokens: scores[likeliest]!.tokens,
      ended: true,
      strictAnswer: options[likeliest]!,
      flexibleAnswer: options[perByte]!,
      strict: options[likeliest] === gold,
      flexible: options[perByte] === gold,
      options: scores.map(({ nllSum, bytes }) => ({ nllSum, bytes })),
    };
  });
}

/** Index of the smallest value. */
function best<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((least, item, i) => (value(item) < value(items[least]!) ? i : least), 0);
}
