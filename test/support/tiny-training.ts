/** A tiny checkpoint of the fixtures and made-up token sequences, ready to be trained or measured. */
import { loadModel } from '../../models/load.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { buildExamples, type Example } from '../../src/batches/example.ts';
import { defaultsOf } from '../../src/fields.ts';
import { createAdapter, type LoraAdapter } from '../../src/lora/adapter.ts';
import { loraFields, type LoraSettings } from '../../src/lora/config.ts';
import { createRandom } from '../../src/random.ts';
import { trainingFields, type TrainingSettings } from '../../src/train/config.ts';
import type { TrainingJob } from '../../src/train/train.ts';
import { openFixtureModel } from './fixtures.ts';

export const MAX_LENGTH = 64;
export const END = 1;

export async function tinyModel(variant = 'llama', trainable = false): Promise<LanguageModel> {
  return loadModel(await openFixtureModel(variant), {
    precision: 'as-stored',
    trainable,
    maxTensorBytes: Number.POSITIVE_INFINITY,
  });
}

/** Examples of 4 to `longest` tokens, each a question and an answer that ends. */
export function tinyExamples(count: number, seed = 7, longest = 24): Example[] {
  const random = createRandom(seed);
  const pairs = Array.from({ length: count }, () => {
    const length = 3 + random.integer(longest - 3);
    const tokens = Array.from({ length }, () => 2 + random.integer(94));
    return { tokens, promptLength: 1 + random.integer(length - 1) };
  });
  const eos = { append: 'if-missing', id: END } as const;
  return buildExamples(pairs, { maxLength: MAX_LENGTH, eos }).examples;
}

export interface TinyRun {
  job: TrainingJob;
  adapter: LoraAdapter;
}

export function tinyRun(
  model: LanguageModel,
  training: Partial<TrainingSettings> = {},
  lora: Partial<LoraSettings> = {},
  data: { examples?: Example[]; validation?: Example[] } = {},
): TinyRun {
  const settings = { ...defaultsOf(trainingFields), maxLength: MAX_LENGTH, ...training };
  const loraSettings = { ...defaultsOf(loraFields), rank: 4, ...lora };
  const adapter = createAdapter(model, loraSettings, createRandom(settings.seed).fork('adapter'));
  const job: TrainingJob = {
    model,
    adapter,
    parameters: adapter.variables.map((variable) => ({ ...variable, decays: true })),
    examples: data.examples ?? tinyExamples(9),
    validation: data.validation ?? tinyExamples(5, 8),
    settings,
    dropout: loraSettings.dropout,
    checkpointing: false,
    padId: 0,
    maxTokens: 4096,
    facts: { ...settings, rank: loraSettings.rank, dropout: loraSettings.dropout },
  };
  return { job, adapter };
}
