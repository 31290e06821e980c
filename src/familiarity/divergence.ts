/**
 * How far training moved a model: KL(base ‖ tuned), the expectation under the base model of
 * ln p_base − ln p_tuned, over the whole vocabulary at every position that predicts a token of an
 * answer or its end. Both models read the same text; the answers are the base model's own, so that
 * the positions are those it would come to. Zero when nothing moved; forgetting grows with it.
 */
import { gather, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../models/language-model.ts';
import { evaluationBatches } from '../batches/evaluation-batches.ts';
import { sumByExample, type Batch } from '../batches/batch.ts';
import type { Example } from '../batches/example.ts';
import type { ForwardOptions } from '../forward/forward-context.ts';
import { hiddenStates } from '../forward/token-losses.ts';
import { LOGITS_BYTES } from '../ops/cross-entropy/config.ts';
import { headLogits } from '../ops/linear/head-logits.ts';

/** KL of one answer, nats. */
export interface RowDivergence {
  /** Of the example in its response set. */
  rowIndex: number;
  /** Positions, the end's included. */
  tokens: number;
  klSum: number;
}

export interface DivergenceOptions {
  padId: number;
  maxLength: number;
  /** Tokens of one batch, padding included. */
  maxTokens: number;
  base: ForwardOptions;
  tuned: ForwardOptions;
  /** Logits in memory at once for each of the two; changes no number. */
  logitsAtOnce?: number;
}

/** Yields the rows of each batch as they finish. */
export async function* measureDivergence(
  model: LanguageModel,
  examples: readonly Example[],
  options: DivergenceOptions,
): AsyncGenerator<RowDivergence[], void, undefined> {
  const { padId, maxLength, maxTokens, base, tuned, logitsAtOnce = LOGITS_BYTES / 4 } = options;
  const batches = evaluationBatches(examples, { batchSize: 256, maxTokens, maxLength, padId });
  for (const batch of batches) {
    const hidden = [base, tuned].map((forwardOptions) =>
      tidy(() => hiddenStates(model, batch, forwardOptions)),
    );
    try {
      const perTarget = await ofTargets(model, batch, hidden[0]!, hidden[1]!, logitsAtOnce);
      const sums = sumByExample(batch, perTarget);
      const counts = sumByExample(batch, new Uint8Array(perTarget.length).fill(1));
      yield Array.from(batch.examples, (index, b) => ({
        rowIndex: examples[index]!.rowIndex,
        tokens: counts[b]!,
        klSum: sums[b]!,
      }));
    } finally {
      for (const states of hidden) states.dispose();
    }
  }
}

/** [M], in nats. Logits are made and read for some of the rows at a time. */
async function ofTargets(
  { head, shape: { vocabSize } }: LanguageModel,
  { rows }: Batch,
  base: Tensor,
  tuned: Tensor,
  logitsAtOnce: number,
): Promise<Float64Array> {
  const result = new Float64Array(rows.length);
  const chunk = Math.max(1, Math.floor(logitsAtOnce / vocabSize));
  for (let first = 0; first < rows.length; first += chunk) {
    const chunkRows = rows.subarray(first, first + chunk);
    const logits = [base, tuned].map((hidden) =>
      tidy(() => headLogits(gather(hidden, tensor(chunkRows, [chunkRows.length], 'int32')), head)),
    );
    const [p, q] = await Promise.all(logits.map((each) => each.data()));
    for (const each of logits) each.dispose();
    for (let i = 0; i < chunkRows.length; i++) {
      const [from, to] = [i * vocabSize, (i + 1) * vocabSize];
      result[first + i] = klOfLogits(
        p!.subarray(from, to) as Float32Array,
        q!.subarray(from, to) as Float32Array,
      );
    }
  }
  return result;
}

/** KL(softmax p ‖ softmax q) in nats, with sums in float64: Σ softmax(p)·(p − q) − ln Z_p + ln Z_q. */
export function klOfLogits(p: Float32Array, q: Float32Array): number {
  const [mostP, mostQ] = [largest(p), largest(q)];
  let [zP, zQ, apart] = [0, 0, 0];
  for (let v = 0; v < p.length; v++) {
    const weight = Math.exp(p[v]! - mostP);
    zP += weight;
    zQ += Math.exp(q[v]! - mostQ);
    apart += weight * (p[v]! - q[v]!);
  }
  // Rounding can leave −1e-16 where the two agree.
  return Math.max(0, apart / zP - (Math.log(zP) + mostP) + (Math.log(zQ) + mostQ));
}

function largest(values: Float32Array): number {
  let most = -Infinity;
  for (const value of values) if (value > most) most = value;
  return most;
}
