/** Training a LoRA adapter on answers. */
import { defaultsOf } from '../fields.ts';
import type { LoraAdapter } from '../lora/adapter.ts';
import { loraFields, type LoraSettings } from '../lora/config.ts';
import type { StepReport } from '../metrics/step-report.ts';
import type { PromptSettings } from '../tokenizer/prompt-format.ts';
import { trainingFields, type TrainingSettings } from '../train/config.ts';
import { trainAdapter } from '../workflows/train/train-adapter.ts';
import type { OpenModel } from '../workflows/open/open-model.ts';
import { hostOf, type CallOptions } from './host.ts';
import { DEFAULT_PROMPT, responseSet, type Answer } from './measure.ts';
import { runningEngine } from './model.ts';

export interface TrainOptions
  extends Pick<CallOptions, 'signal'>, Partial<TrainingSettings>, Partial<LoraSettings> {
  /** Held-out answers, for the loss in the reports. */
  validation?: readonly Answer[];
  prompt?: Partial<PromptSettings>;
  /** Called with the loss and its like, at step 0, every `logEvery` steps and at the end. */
  onStep?: (report: StepReport) => void;
}

/**
 * Trains a LoRA adapter with AdamW on every answer; the same seed gives the same adapter.
 * @returns the adapter; free its memory with `dispose()`
 * @throws DataError naming answers or settings that cannot be used, TrainingDivergedError,
 *   StoppedError when the signal aborts
 */
export async function train(
  model: OpenModel,
  answers: readonly Answer[],
  { validation, prompt, signal, onStep, ...settings }: TrainOptions = {},
): Promise<LoraAdapter> {
  const split = (fields: object) =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => name in fields));
  const { adapter } = await trainAdapter(
    {
      opened: model,
      prompt: { ...DEFAULT_PROMPT, ...prompt },
      memoryLimitBytes: runningEngine().memoryBytes,
    },
    hostOf(signal),
    {
      set: responseSet(answers),
      validation: validation && responseSet(validation, 'validation'),
      training: { ...defaultsOf(trainingFields), ...split(trainingFields) },
      lora: { ...defaultsOf(loraFields), ...split(loraFields) },
    },
    (report) => {
      onStep?.(report);
      return Promise.resolve();
    },
  );
  return adapter;
}
