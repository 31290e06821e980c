/**
 * How many of the answers that a person gave agree with the right ones, before anything is run with them: when few
 * do, the answers are wrong or their final answers are read by the wrong rule, and every accuracy would be too.
 */
import type { ResponseRow } from '../data/response-set.ts';
import { notice, type Notice } from '../notices.ts';
import { judgeAnswer, type AnswerRule } from './extract-answer.ts';
import { choicesOf } from './is-right.ts';

export interface GoldAgreement {
  /** Rows with a right answer. */
  judged: number;
  agree: number;
  /** Rows without one. */
  withoutGold: number;
  /** Those that do not agree, with what was found in the answer. */
  disagreeing: readonly { id: string; found: string | undefined; gold: string }[];
}

/** Below this share the answers or the rule are doubted. */
export const EXPECTED_SHARE = 0.9;

export function goldAgreement(rows: readonly ResponseRow[], rule: AnswerRule): GoldAgreement {
  const judged = rows.flatMap((row) =>
    row.gold === undefined
      ? []
      : [{ row, gold: row.gold, ...judgeAnswer(rule, row.response, row.gold, choicesOf(row)) }],
  );
  return {
    judged: judged.length,
    agree: judged.filter(({ flexible }) => flexible).length,
    withoutGold: rows.length - judged.length,
    disagreeing: judged
      .filter(({ flexible }) => !flexible)
      .map(({ row, gold, flexibleAnswer }) => ({ id: row.id, found: flexibleAnswer, gold })),
  };
}

/**
 * What a person should know before sets are used: one notice for each set that is in doubt, with its rows, and one
 * for all others. Sets without a right answer are not spoken of.
 */
export function agreementNotices(
  sets: readonly { name: string; rows: readonly ResponseRow[]; rule: AnswerRule }[],
): Notice[] {
  const doubtful: Notice[] = [];
  const fine: { name: string; count: string; rest: string }[] = [];
  const finePlaces: string[] = [];
  for (const { name, rows, rule } of sets) {
    const { judged, agree, withoutGold, disagreeing } = goldAgreement(rows, rule);
    if (judged === 0) continue;
    const rest = withoutGold > 0 ? ` (${withoutGold} more have no gold)` : '';
    const counted = { name, count: `${agree} of ${judged}`, rest };
    const places = disagreeing.map(
      ({ id, found, gold }) => `${name}/${id}: ${found ?? 'no answer found'}, gold ${gold}`,
    );
    if (agree >= EXPECTED_SHARE * judged) {
      fine.push(counted);
      finePlaces.push(...places);
    } else {
      const advice = 'Check the answers, and how final answers are found.';
      doubtful.push(notice('doubtful', `${sentenceOf(counted)} ${advice}`, places));
    }
  }
  const [first, ...others] = fine;
  if (first === undefined) return doubtful;
  const list = fine.map(({ name, count, rest }) => `${name} ${count}${rest}`).join(', ');
  const text =
    others.length === 0 ? sentenceOf(first) : `Given answers that agree with their gold: ${list}.`;
  return [...doubtful, notice('info', text, finePlaces)];
}

function sentenceOf({ name, count, rest }: { name: string; count: string; rest: string }): string {
  return `${name}: ${count} given answers agree with their gold${rest}.`;
}
