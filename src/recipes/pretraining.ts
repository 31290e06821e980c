/** The recipe of an embedded model in the trainer's terms: settings, examples, job. */
import { buildExamples, type Example } from '../../src/batches/example.ts';
import { DataError } from '../../src/errors.ts';
import { defaultsOf } from '../../src/fields.ts';
import type { OpenModel } from '../workflows/open/open-model.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { trainingFields, type TrainingSettings } from '../../src/train/config.ts';
import type { TrainingJob } from '../../src/train/train.ts';
import { corpusLines } from './corpus.ts';
import { newModelConfig } from './new-model.ts';
import { corpusSettings, modelSettings, trainingSettings } from './settings.ts';

/** The recipe as settings of the trainer; see settings.ts for the meaning of the numbers. */
export function pretrainingSettings(seed: number, steps: number): TrainingSettings {
  const { warmupSteps, clip, ...shared } = trainingSettings;
  return {
    ...defaultsOf(trainingFields),
    ...shared,
    method: 'full',
    steps,
    warmup: warmupSteps / trainingSettings.steps,
    schedule: 'warmup_stable_decay',
    maxGradientNorm: clip,
    maxLength: modelSettings.max_position_embeddings,
    evaluateEvery: 250,
    logEvery: 10,
    checkpointing: 'off',
    seed,
  };
}

/** Question and answer as one run of tokens, all of them trained, the question's with less weight. */
export function corpusExamples(
  tokenizer: Tokenizer,
  pairs: Iterable<{ question: string; response: string }>,
): Example[] {
  const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
  const encoded = [...pairs].map(({ question, response }) => {
    const [prompt, answered] = [encode(`${question}\n`), encode(response)];
    const weights = [
      ...prompt.map(() => trainingSettings.questionWeight),
      ...answered.map(() => 1),
    ];
    return { tokens: [...prompt, ...answered], promptLength: 0, weights };
  });
  const { examples, dropped, truncated } = buildExamples(encoded, {
    maxLength: modelSettings.max_position_embeddings,
    eos: { append: 'if-missing', id: tokenizer.eosIds[0]! },
  });
  if (dropped.length + truncated > 0) {
    throw new DataError(`${dropped.length + truncated} answered questions are too long.`);
  }
  return examples;
}

/** Examples beyond those the model is trained on, in the same mix: what the held-out loss reads. */
const HELD_OUT = 480;

/** The corpus of a model as a job for the trainer. */
export function pretrainingJob(
  opened: OpenModel,
  dialect: string,
  settings: TrainingSettings,
  count = settings.steps * settings.batchSize * settings.accumulation,
): TrainingJob {
  const { ownShare, seed } = corpusSettings;
  const all = corpusExamples(
    opened.tokenizer,
    corpusLines(dialect, ownShare, count + HELD_OUT, seed),
  );
  const facts = {
    ...settings,
    own: dialect,
    questionWeight: trainingSettings.questionWeight,
    corpus: JSON.stringify(corpusSettings),
    config: JSON.stringify(newModelConfig),
  };
  return {
    model: opened.model,
    parameters: opened.model.parameters,
    examples: all.slice(0, count),
    validation: all.slice(count),
    settings,
    dropout: 0,
    checkpointing: false,
    padId: opened.tokenizer.eosIds[0]!,
    maxTokens: settings.batchSize * settings.maxLength,
    facts,
  };
}
