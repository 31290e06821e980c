/** A set of answers with what was measured of it, and what follows from that. */
import type { ResponseRow, ResponseSet } from '../data/response-set.ts';
import {
  averagePerplexity,
  bitsPerByte,
  perplexityMeans,
  type EosPolicy,
  type PerplexityMean,
} from '../familiarity/aggregate.ts';
import type { RowFamiliarity } from '../familiarity/config.ts';
import { mean } from '../statistics/summary.ts';
import type { AnswerSet } from './answer-set.ts';

/** Rows of a set under the model, and their averages by name; NaN while nothing is measured. */
export interface Scores {
  /** One for each row of the set; undefined where it is not measured (yet). */
  rows: readonly (RowFamiliarity | undefined)[];
  measured: readonly RowFamiliarity[];
  averages: Readonly<Record<PerplexityMean, number>>;
}

export interface SetScores extends Scores {
  entry: AnswerSet;
  /** Joined, without the questions left out. */
  set: ResponseSet;
  /** After examples of the model's own style; undefined when they are not asked for or not known. */
  inStyle: Scores | undefined;
  bitsPerByte: number;
  meanTokens: number;
}

export function measuredSet(
  entry: AnswerSet,
  set: ResponseSet,
  styled: ResponseSet | undefined,
  known: { find: (row: ResponseRow) => RowFamiliarity | undefined; eos: EosPolicy },
): SetScores {
  const scores = (one: ResponseSet): Scores => {
    const rows = one.rows.map(known.find);
    const measured = rows.filter((row) => row !== undefined);
    const averages = Object.fromEntries(
      perplexityMeans.map((kind) => [kind, averagePerplexity(measured, kind, known.eos)]),
    ) as Record<PerplexityMean, number>;
    return { rows, measured, averages };
  };
  const scored = scores(set);
  return {
    ...scored,
    entry,
    set,
    inStyle: styled && scores(styled),
    bitsPerByte: bitsPerByte(scored.measured),
    meanTokens: mean(scored.measured.map((row) => row.responseTokens)),
  };
}
