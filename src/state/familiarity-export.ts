/** What is measured on the page as a familiarity record: every row, every average, and how they came about. */
import type { FamiliarityRecord } from '../exchange/familiarity-record/schema.ts';
import {
  makeRecord,
  recordCsv,
  recordJson,
  type Scored,
} from '../exchange/familiarity-record/write.ts';
import type { ResponseSet } from '../data/response-set.ts';
import type { RowFamiliarity } from '../familiarity/config.ts';
import { notice } from '../notices.ts';
import type { AnswersState } from './answers.svelte.ts';
import type { FamiliarityState } from './familiarity.svelte.ts';

/** Undefined before anything is measured. */
export function recordOf(
  familiarity: FamiliarityState,
  answers: AnswersState,
): FamiliarityRecord | undefined {
  const { measuredWith, sets, styled, style } = familiarity;
  const notices = [...familiarity.notices];
  if (styled.kind === 'too-few') {
    notices.push(notice('info', styled.reason(measuredWith?.setup.model.id ?? '')));
  }
  if (measuredWith === undefined) return undefined;
  const { opened } = measuredWith;
  const scored = (set: ResponseSet, rows: readonly (RowFamiliarity | undefined)[]): Scored => ({
    rows: rows.filter((row) => row !== undefined),
    skipped: set.rows
      .filter((_, i) => rows[i] === undefined)
      .map((row) => ({ rowId: row.id, reason: familiarity.reason(row) ?? 'not measured yet' })),
  });
  const inStyle = styled.kind === 'ready' ? styled.sets : [];
  return makeRecord({
    setup: measuredWith.setup,
    sets: sets.map(({ set, rows, inStyle: other }, i) => ({
      set,
      ...scored(set, rows),
      inStyle: inStyle[i] && other && scored(inStyle[i], other.rows),
    })),
    eos: familiarity.eos,
    style:
      styled.kind === 'ready'
        ? {
            examples: style.settings.styleExamples,
            own_answers: style.known(answers.included[0]!.rows),
          }
        : null,
    excluded: [...new Set([...(opened?.excluded ?? []), ...excludedHere(answers)])],
    notices: opened?.notices ?? [...notices, ...answers.notices],
  });
}

/** Of the questions left out by hand those that are no other set's. */
function excludedHere({ excluded, questions, sets }: AnswersState): string[] {
  const here = new Set(questions.map(({ id }) => id));
  const known = new Set(sets.flatMap(({ set }) => set.rows.map(({ id }) => id)));
  return [...excluded].filter((id) => here.has(id) || !known.has(id));
}

/** One line for each measured answer. */
export const csvText = recordCsv;
/** The record as the measure command writes it. */
export const jsonText = recordJson;
