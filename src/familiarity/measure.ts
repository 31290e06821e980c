/**
 * How likely a model finds each answer, given its question and before any training: the NLL of
 * every answer token. Results do not depend on batch size, padding or order.
 */
import { tidy } from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../models/language-model.ts';
import type { BatchCost } from '../batches/batch-cut.ts';
import { evaluationBatches } from '../batches/evaluation-batches.ts';
import type { Batch } from '../batches/batch.ts';
import type { Example } from '../batches/example.ts';
import type { ForwardOptions } from '../forward/forward-context.ts';
import { tokenLosses } from '../forward/token-losses.ts';
import type { RowFamiliarity } from './config.ts';

/** What is known of a row before it is scored. */
export interface RowFacts {
  rowId: string;
  responseBytes: number;
  boundaryMerged: boolean;
}

export interface MeasureSettings {
  padId: number;
  maxLength: number;
  /** Tokens of one batch, padding included. */
  maxTokens: number;
  /** What batches cost on the engine. */
  cost?: BatchCost;
  forward: ForwardOptions;
}

/** Yields the rows of each batch as they finish; `facts` are in the order of the examples' rowIndex. */
export async function* measure(
  model: LanguageModel,
  examples: readonly Example[],
  facts: readonly RowFacts[],
  { forward, ...shape }: MeasureSettings,
): AsyncGenerator<RowFamiliarity[], void, undefined> {
  const batches = evaluationBatches(examples, { batchSize: 256, ...shape });
  for (const batch of batches) {
    const { nll, correct } = tidy(() => tokenLosses(model, batch, forward, false));
    const [losses, hits] = await Promise.all([nll.data(), correct.data()]);
    nll.dispose();
    correct.dispose();
    yield rowsOf(batch, losses, hits, examples, facts);
  }
}

function rowsOf(
  batch: Batch,
  losses: ArrayLike<number>,
  hits: ArrayLike<number>,
  examples: readonly Example[],
  facts: readonly RowFacts[],
): RowFamiliarity[] {
  const rows: RowFamiliarity[] = [];
  let first = 0;
  for (let b = 0; b < batch.batch; b++) {
    let end = first;
    while (end < batch.exampleOf.length && batch.exampleOf[end] === b) end++;
    const example = examples[batch.examples[b]!]!;
    rows.push(rowOf(example, facts[example.rowIndex]!, losses, hits, first, end));
    first = end;
  }
  return rows;
}

function rowOf(
  example: Example,
  { rowId, responseBytes, boundaryMerged }: RowFacts,
  losses: ArrayLike<number>,
  hits: ArrayLike<number>,
  first: number,
  end: number,
): RowFamiliarity {
  const tokenNll = Float32Array.from({ length: end - first }, (_, i) => losses[first + i]!);
  const responseTokens = end - first - (example.endsWithEos ? 1 : 0);
  let nllSum = 0;
  let likeliest = 0;
  for (let i = 0; i < responseTokens; i++) {
    nllSum += tokenNll[i]!;
    likeliest += hits[first + i]!;
  }
  return {
    rowId,
    promptTokens: example.promptLength,
    responseTokens,
    responseBytes,
    nllSum,
    perplexity: Math.exp(nllSum / responseTokens),
    ...(example.endsWithEos && { eos: tokenNll[responseTokens]! }),
    likeliest,
    truncated: example.truncated,
    boundaryMerged,
    tokenNll,
  };
}
