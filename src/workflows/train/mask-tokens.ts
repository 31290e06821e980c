/**
 * Selective token masking: answer tokens that the untrained model finds too surprising are left out
 * of the loss, by weight 0. They stay in the text, so that what follows is read as it stands.
 */
import { firstTarget, targetCount, type Example } from '../../batches/example.ts';
import { measure } from '../../familiarity/measure.ts';
import { padIdOf } from '../measure/encode-set.ts';
import type { OpenModel } from '../open/open-model.ts';

export interface MaskedTokens {
  /** Left out of `of` answer tokens, ends not counted. */
  tokens: number;
  of: number;
  /** Examples in which nothing was left to train. */
  dropped: number;
}

export interface MaskOptions {
  maxLength: number;
  maxTokens: number;
  /** The token that ends an answer. */
  endId: number | undefined;
}

/**
 * @param threshold perplexity, exp(NLL), of a token; those above it are left out. The end token
 *   is kept: a model that is never shown the end does not learn to stop.
 */
export async function maskSurprising(
  { model, tokenizer }: OpenModel,
  examples: readonly Example[],
  threshold: number,
  { maxLength, maxTokens, endId }: MaskOptions,
): Promise<{ examples: Example[]; masked: MaskedTokens }> {
  const numbered = examples.map((example, rowIndex) => ({ ...example, rowIndex }));
  const facts = examples.map((_, i) => ({
    rowId: String(i),
    responseBytes: 0,
    boundaryMerged: false,
  }));
  const options = { padId: padIdOf(tokenizer), maxLength, maxTokens, forward: {} };
  const masked = { tokens: 0, of: 0, dropped: 0 };
  const weighted = [...examples];
  for await (const rows of measure(model, numbered, facts, options)) {
    for (const { rowId, tokenNll } of rows) {
      const example = examples[Number(rowId)]!;
      const weights = new Float32Array(example.tokens.length).fill(1);
      if (example.weights) weights.set(example.weights);
      // The losses are those of the tokens that count, in order.
      let m = 0;
      for (let t = firstTarget(example); t < example.tokens.length; t++) {
        if (weights[t] === 0) continue;
        const nll = tokenNll[m++]!;
        if (example.tokens[t] === endId) continue;
        masked.of++;
        if (nll <= Math.log(threshold)) continue;
        weights[t] = 0;
        masked.tokens++;
      }
      weighted[Number(rowId)] = { ...example, weights };
    }
  }
  const kept = weighted.filter((example) => targetCount(example) > 0);
  masked.dropped = weighted.length - kept.length;
  return { examples: kept, masked };
}

export function maskedSentence({ tokens, of, dropped }: MaskedTokens): string {
  const rest = dropped > 0 ? `; of ${dropped} answers nothing was left` : '';
  return `${tokens} of ${of} answer tokens (${((100 * tokens) / of).toFixed(1)} %) are not trained: too surprising to the untrained model${rest}.`;
}
