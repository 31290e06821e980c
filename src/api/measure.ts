/** How familiar answers are to a model. */
import type { ResponseRow, ResponseSet } from '../data/response-set.ts';
import { familiarityFields, type FamiliaritySettings } from '../familiarity/config.ts';
import { defaultsOf } from '../fields.ts';
import type { LoraAdapter } from '../lora/adapter.ts';
import { DEFAULT_PLAIN_TEMPLATE, type PromptSettings } from '../tokenizer/prompt-format.ts';
import { measureSets, type MeasuredSet } from '../workflows/measure/measure-sets.ts';
import type { OpenModel } from '../workflows/open/open-model.ts';
import { hostOf, type CallOptions } from './host.ts';

/** A question and its answer; `id` is made from the row's place when it is left out. */
export type Answer = Omit<ResponseRow, 'id'> & { id?: string };

export const DEFAULT_PROMPT: PromptSettings = {
  useChatTemplate: true,
  plainTemplate: DEFAULT_PLAIN_TEMPLATE,
};

/** Answers as a response set. */
export function responseSet(answers: readonly Answer[], id = 'answers'): ResponseSet {
  return {
    id,
    name: id,
    rows: answers.map((answer, i) => ({ ...answer, id: answer.id ?? String(i) })),
  };
}

export interface MeasureOptions extends CallOptions, Partial<FamiliaritySettings> {
  adapter?: LoraAdapter;
  prompt?: Partial<PromptSettings>;
}

/**
 * Scores every answer token given its question: perplexity = exp(mean NLL of the answer's tokens),
 * nats.
 * @returns a row for each answer in order; answers that cannot be scored are named in `skipped`
 * @throws StoppedError when the signal aborts
 */
export async function measure(
  model: OpenModel,
  answers: readonly Answer[],
  options: MeasureOptions = {},
): Promise<MeasuredSet> {
  const { adapter, prompt, signal, onProgress, ...familiarity } = options;
  const request = {
    sets: [responseSet(answers)],
    prompt: { ...DEFAULT_PROMPT, ...prompt },
    familiarity: { ...defaultsOf(familiarityFields), ...familiarity },
    adapter,
  };
  const [measured] = await measureSets(
    model,
    request,
    hostOf(signal),
    ({ rowsDone, rowsTotal }) => {
      onProgress?.(rowsDone, rowsTotal);
      return Promise.resolve();
    },
  );
  return measured!;
}
