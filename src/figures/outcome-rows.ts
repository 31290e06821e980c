/** Answers to the same questions before and after training, to be read one by one. */
import type { EvaluationQuestion, Outcome } from '../evaluate/accuracy.ts';
import type { BaseResult, StageResult, RunResult } from '../experiment/run/results.ts';
import { count } from './format.ts';

export interface ReportQuestions {
  test: readonly EvaluationQuestion[];
  retention?: readonly EvaluationQuestion[];
}

export type QuestionPart = 'test' | 'retention';

export interface OutcomeRow {
  id: string;
  family: string;
  question: string;
  gold: string;
  base: Outcome;
  tuned: Outcome;
}

/** What can be shown of the rows; right and wrong are strict. */
export const outcomeFilters = {
  all: { label: 'all', keeps: () => true },
  changed: { label: 'changed', keeps: ({ base, tuned }) => base.strict !== tuned.strict },
  gained: { label: 'wrong → right', keeps: ({ base, tuned }) => !base.strict && tuned.strict },
  lost: { label: 'right → wrong', keeps: ({ base, tuned }) => base.strict && !tuned.strict },
  wrong: { label: 'wrong after', keeps: ({ tuned }) => !tuned.strict },
  form: {
    label: 'right but for the form',
    keeps: ({ tuned }) => tuned.flexible && !tuned.strict,
  },
} as const satisfies Record<string, { label: string; keeps: (row: OutcomeRow) => boolean }>;

export type OutcomeFilter = keyof typeof outcomeFilters;

/** Runs whose answers can be read beside those of their base model. */
export function readableRuns(results: readonly StageResult[]): RunResult[] {
  return results.filter(
    (result): result is RunResult =>
      result.kind === 'run' && results.some(({ id }) => id === `base.${result.model}`),
  );
}

/** In the order of the questions; a question without an outcome on both sides is left out. */
export function outcomeRows(
  part: QuestionPart,
  questions: ReportQuestions,
  results: readonly StageResult[],
  run: RunResult,
): OutcomeRow[] {
  const base = results.find((result): result is BaseResult => result.id === `base.${run.model}`);
  const before = new Map(base?.[part].map((outcome) => [outcome.id, outcome]));
  const after = new Map(run[part].map((outcome) => [outcome.id, outcome]));
  return (questions[part] ?? []).flatMap(({ id, text, gold, family = '' }) => {
    const [baseOutcome, tuned] = [before.get(id), after.get(id)];
    return baseOutcome && tuned
      ? [{ id, family, question: text, gold, base: baseOutcome, tuned }]
      : [];
  });
}

/** How the rows moved, in a sentence. */
export function outcomesSentence(rows: readonly OutcomeRow[]): string {
  const gained = rows.filter(outcomeFilters.gained.keeps).length;
  const lost = rows.filter(outcomeFilters.lost.keeps).length;
  const right = rows.filter(({ tuned }) => tuned.strict).length;
  return `${count(right)} of ${count(rows.length)} right after training: ${count(gained)} that were wrong before, and ${count(lost)} that were right are wrong now.`;
}
