/** Some answers of a report, before training and after each set, to be read in the file itself. */
import type { ExperimentReport } from '../../experiment/report/report.ts';
import type { BaseResult, StageResult, RunResult } from '../../experiment/run/results.ts';
import { fold, tableHtml } from './html.ts';

/** Questions of the test whose answers are shown; all of them stand in the JSON. */
const SHOWN_QUESTIONS = 25;

export interface AnsweredQuestions {
  test: readonly { id: string; text: string; gold: string }[];
}

/** A fold for each model: question, right answer, base model's and each set's answer of the first seed. */
export function answerTables(
  { models, arms }: ExperimentReport,
  { test }: AnsweredQuestions,
  results: readonly StageResult[],
): string {
  return models
    .map(({ facts: { id } }) => {
      const base = results.find(
        (result): result is BaseResult => result.kind === 'base' && result.model.id === id,
      );
      const runs = arms
        .filter(({ model }) => model === id)
        .flatMap(({ set, seeds }) =>
          results.filter(
            (result): result is RunResult =>
              result.kind === 'run' &&
              result.model === id &&
              result.set === set &&
              result.seed === seeds[0]!.seed,
          ),
        );
      if (base === undefined) return '';
      const titles = [
        'before training',
        ...runs.map(({ set, seed }) => `after ${set}, seed ${seed}`),
      ];
      const rows = test.slice(0, SHOWN_QUESTIONS).map(({ text, gold }, i) => {
        const answers = [base, ...runs].map(({ test: outcomes }) => {
          const { strict, flexible, response } = outcomes[i]!;
          return `${strict ? '✓' : flexible ? '✓ (form lost)' : '✗'} ${response}`;
        });
        return [text, gold, ...answers];
      });
      const columns = ['question', 'right', ...titles].map((name) => ({ name, words: true }));
      const caption = `✓ right, ✗ wrong. The first ${rows.length} of ${test.length} test questions; all are in report.json.`;
      return fold(`${id}: ${rows.length} questions`, tableHtml({ columns, rows, caption }));
    })
    .join('');
}
