/** Familiarity of several sets, reported batch by batch, a batch of each in turn. */
import { engineBatchCost } from '../../engine/batch-cost.ts';
import { StoppedError } from '../../errors.ts';
import type { Host } from '../../host.ts';
import type { ResponseSet } from '../../data/response-set.ts';
import type { FamiliaritySettings, RowFamiliarity } from '../../familiarity/config.ts';
import { measure } from '../../familiarity/measure.ts';
import type { LoraAdapter } from '../../lora/adapter.ts';
import type { PromptSettings } from '../../tokenizer/prompt-format.ts';
import { encodedSet, encodingNotices, padIdOf } from './encode-set.ts';
import type { OpenModel } from '../open/open-model.ts';
import type { Notice } from '../../notices.ts';

export interface MeasureSetsRequest {
  sets: readonly ResponseSet[];
  prompt: PromptSettings;
  familiarity: FamiliaritySettings;
  adapter?: LoraAdapter | undefined;
}

export interface MeasuredSet {
  setId: string;
  /** In the order of the set's rows. */
  rows: RowFamiliarity[];
  skipped: { rowId: string; reason: string }[];
  /** What the prompt format assumes or leaves out. */
  promptNotices: Notice[];
  /** The same, and the rows that were left out or cut. */
  notices: Notice[];
}

export interface MeasuredBatch {
  setId: string;
  rows: RowFamiliarity[];
  rowsDone: number;
  rowsTotal: number;
  tokensPerSecond: number;
  secondsLeft: number;
}

/** @throws StoppedError when asked to stop between two batches */
export async function measureSets(
  { model, tokenizer }: OpenModel,
  { sets, prompt, familiarity, adapter }: MeasureSetsRequest,
  host: Host,
  report: (batch: MeasuredBatch) => Promise<void>,
): Promise<MeasuredSet[]> {
  const { encoding, lossOn, batchTokens } = familiarity;
  const maxLength = Math.min(familiarity.maxLength, model.shape.contextLength);
  const options = { encoding, lossOn, maxLength, measured: true };
  const encoded = sets.map((set) => ({
    set,
    ...encodedSet(set, tokenizer, prompt, options),
  }));
  const rowsTotal = encoded.reduce((sum, { examples }) => sum + examples.length, 0);
  const tokensTotal = encoded.reduce(
    (sum, { examples }) => sum + examples.reduce((inner, { tokens }) => inner + tokens.length, 0),
    0,
  );
  const started = host.now();
  let rowsDone = 0;
  let tokensDone = 0;
  const shape = { padId: padIdOf(tokenizer), maxLength, maxTokens: batchTokens };
  const measuring = { ...shape, cost: engineBatchCost(), forward: { adapter } };
  const results = encoded.map(({ set, ...one }): MeasuredSet => ({
    setId: set.id,
    rows: [],
    skipped: one.skipped,
    promptNotices: one.notices,
    notices: encodingNotices(set, one, maxLength),
  }));
  // A batch of each set in turn: every set has first numbers early, and all grow together.
  let open = encoded.map(({ examples, facts }, i) => ({
    result: results[i]!,
    batches: measure(model, examples, facts, measuring),
  }));
  while (open.length > 0) {
    for (const one of open) {
      const { value: finished, done } = await one.batches.next();
      if (done === true) {
        open = open.filter((other) => other !== one);
        continue;
      }
      one.result.rows.push(...finished);
      rowsDone += finished.length;
      for (const { promptTokens, tokenNll } of finished)
        tokensDone += promptTokens + tokenNll.length;
      const tokensPerSecond = (1000 * tokensDone) / (host.now() - started);
      await report({
        setId: one.result.setId,
        rows: finished,
        rowsDone,
        rowsTotal,
        tokensPerSecond,
        secondsLeft: (tokensTotal - tokensDone) / tokensPerSecond,
      });
      await host.breathe();
      if (host.stopRequested()) throw new StoppedError('Measuring was stopped.');
    }
  }
  results.forEach(({ rows }, i) => {
    const order = new Map(sets[i]!.rows.map(({ id }, at) => [id, at]));
    rows.sort((a, b) => order.get(a.rowId)! - order.get(b.rowId)!);
  });
  return results;
}
