/**
 * From measured answers to numbers about a set: plain arithmetic, no tensors, so the page can redo
 * it at once when a choice changes. "Perplexity" alone names at least four averages that can differ
 * twentyfold on the same data; every result here says which one it is.
 */
import type { Random } from '../random.ts';
import type { BootstrapInterval } from '../statistics/bootstrap.ts';
import { bootstrapByIndex } from '../statistics/bootstrap.ts';
import type { PairedWinRate } from '../statistics/paired.ts';
import { pairedWinRate } from '../statistics/paired.ts';
import { mean, median } from '../statistics/summary.ts';
import type { RowFamiliarity } from './config.ts';

/** What aggregation needs to know of a measured answer. */
export type ScoredRow = Pick<
  RowFamiliarity,
  'rowId' | 'responseTokens' | 'responseBytes' | 'nllSum' | 'eos'
>;

/** Whether the end token counts; it can only where it was scored. */
export type EosPolicy = 'exclude' | 'include';

/** The averages of per-answer perplexity in common use. */
export type PerplexityMean = 'median' | 'geometric' | 'token-weighted' | 'arithmetic';

export const perplexityMeans: readonly PerplexityMean[] = [
  'median',
  'geometric',
  'token-weighted',
  'arithmetic',
];

/** Mean negative log-likelihood of an answer, nats per token; NaN when no token was scored. */
export function rowNll(row: ScoredRow, eos: EosPolicy = 'exclude'): number {
  const { nll, tokens } = counted(row, eos);
  return nll / tokens;
}

/** exp of the mean negative log-likelihood of an answer's tokens. */
export function rowPerplexity(row: ScoredRow, eos: EosPolicy = 'exclude'): number {
  return Math.exp(rowNll(row, eos));
}

/**
 * One average over answers; rows without a scored token do not count.
 *
 * - median: of the answers' perplexities.
 * - geometric: exp of the mean over answers of nats per token.
 * - token-weighted: exp(Σ NLL / Σ tokens), which is exp of a validation loss.
 * - arithmetic: mean of the answers' perplexities; a single outlier can carry it.
 */
export function averagePerplexity(
  rows: readonly ScoredRow[],
  kind: PerplexityMean,
  eos: EosPolicy = 'exclude',
): number {
  return averageOf(tally(rows, eos), kind);
}

/** Σ NLL / (Σ UTF-8 bytes · ln 2), the end token left out: comparable between tokenizers. */
export function bitsPerByte(rows: readonly ScoredRow[]): number {
  const nll = rows.reduce((sum, row) => sum + row.nllSum, 0);
  const bytes = rows.reduce((sum, row) => sum + row.responseBytes, 0);
  return bytes === 0 ? NaN : nll / (bytes * Math.LN2);
}

export interface SetPerplexity {
  /** Answers with at least one scored token. */
  n: number;
  /** Each average by its name. */
  averages: Record<PerplexityMean, number>;
  bitsPerByte: number;
  /** Length is a confound: tokens an answer, counted as the averages count them. */
  meanTokens: number;
  totalTokens: number;
  /** Which average the interval is of. */
  chosen: PerplexityMean;
  interval: BootstrapInterval;
}

/** Every average of a set, with a bootstrap interval over answers for the chosen one. */
export function summarizePerplexity(
  rows: readonly ScoredRow[],
  options: {
    chosen: PerplexityMean;
    eos?: EosPolicy;
    random: Random;
    resamples?: number;
    level?: number;
  },
): SetPerplexity {
  const { chosen, eos = 'exclude', ...bootstrap } = options;
  const answers = tally(rows, eos);
  const averages = Object.fromEntries(
    perplexityMeans.map((kind) => [kind, averageOf(answers, kind)]),
  ) as Record<PerplexityMean, number>;
  const totalTokens = answers.reduce((sum, { tokens }) => sum + tokens, 0);
  const sample = new Array<Counted>(answers.length);
  return {
    n: answers.length,
    averages,
    bitsPerByte: bitsPerByte(rows),
    meanTokens: mean(answers.map(({ tokens }) => tokens)),
    totalTokens,
    chosen,
    interval: bootstrapByIndex(
      [answers.length],
      ([indices]) => {
        indices!.forEach((index, i) => (sample[i] = answers[index]!));
        return averageOf(sample, chosen);
      },
      bootstrap,
    ),
  };
}

/** Cell [i][j]: on how many shared questions set j has the lower perplexity than set i. */
export function winRateMatrix(
  sets: readonly { rows: readonly ScoredRow[] }[],
  eos: EosPolicy = 'exclude',
): PairedWinRate[][] {
  const byId = sets.map(({ rows }) => {
    const nlls = rows.map((row): [string, number] => [row.rowId, rowNll(row, eos)]);
    return new Map(nlls.filter(([, nll]) => !Number.isNaN(nll)));
  });
  return byId.map((first) =>
    byId.map((second) => {
      const shared = [...first.keys()].filter((id) => second.has(id));
      return pairedWinRate(
        shared.map((id) => first.get(id)!),
        shared.map((id) => second.get(id)!),
      );
    }),
  );
}

interface Counted {
  nll: number;
  tokens: number;
}

function counted(row: ScoredRow, eos: EosPolicy): Counted {
  const withEnd = eos === 'include' && row.eos !== undefined;
  return {
    nll: row.nllSum + (withEnd ? row.eos! : 0),
    tokens: row.responseTokens + (withEnd ? 1 : 0),
  };
}

function tally(rows: readonly ScoredRow[], eos: EosPolicy): Counted[] {
  return rows.map((row) => counted(row, eos)).filter(({ tokens }) => tokens > 0);
}

function averageOf(answers: readonly Counted[], kind: PerplexityMean): number {
  const perToken = answers.map(({ nll, tokens }) => nll / tokens);
  switch (kind) {
    case 'median':
      return median(perToken.map(Math.exp));
    case 'geometric':
      return Math.exp(mean(perToken));
    case 'arithmetic':
      return mean(perToken.map(Math.exp));
    case 'token-weighted': {
      const nll = answers.reduce((sum, answer) => sum + answer.nll, 0);
      return Math.exp(nll / answers.reduce((sum, answer) => sum + answer.tokens, 0));
    }
  }
}
