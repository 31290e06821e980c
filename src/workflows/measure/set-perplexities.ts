/** The four averages of a set's perplexities, by the names they have in the commands' JSON. */
import { median } from 'simple-statistics';
import type { RowFamiliarity } from '../../familiarity/config.ts';

export interface SetPerplexities {
  median: number;
  /** Arithmetic mean of the answers' perplexities: the study's own, ruled by outliers. */
  mean: number;
  /** exp of the mean over answers of their mean NLL. */
  geometric_mean: number;
  /** exp(Σ NLL / Σ tokens). */
  token_weighted: number;
}

/** NaN throughout for an empty set. */
export function setPerplexities(rows: readonly RowFamiliarity[]): SetPerplexities {
  if (rows.length === 0) {
    return { median: NaN, mean: NaN, geometric_mean: NaN, token_weighted: NaN };
  }
  const sum = (value: (row: RowFamiliarity) => number) =>
    rows.reduce((total, row) => total + value(row), 0);
  return {
    median: median(rows.map(({ perplexity }) => perplexity)),
    mean: sum(({ perplexity }) => perplexity) / rows.length,
    geometric_mean: Math.exp(sum((row) => row.nllSum / row.responseTokens) / rows.length),
    token_weighted: Math.exp(
      sum(({ nllSum }) => nllSum) / sum(({ responseTokens }) => responseTokens),
    ),
  };
}
