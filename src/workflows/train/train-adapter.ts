/** One arm of an experiment trained on the open model, and the weights of its best step put back. */
import { tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { DataError, StoppedError } from '../../errors.ts';
import type { ArmRequest } from '../../experiment/run/backend.ts';
import type { LoraAdapter } from '../../lora/adapter.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import type { PromptSettings } from '../../tokenizer/prompt-format.ts';
import { train, type TrainingHost } from '../../train/train.ts';
import type { MaskedTokens } from './mask-tokens.ts';
import type { OpenModel } from '../open/open-model.ts';
import { planRun, prepareRun } from './training-run.ts';

export interface ArmHost extends Omit<TrainingHost, 'saveCheckpoint' | 'checkpointSeconds'> {
  memoryLimitBytes: number;
  prompt: PromptSettings;
}

export interface TrainedAdapter {
  /** The caller disposes it. */
  adapter: LoraAdapter;
  trainedTokens: number;
  /** Undefined when every token is trained. */
  masked: MaskedTokens | undefined;
}

/**
 * @param keeps whether the weights of an evaluated step are the best so far; without it the last are kept
 * @throws DataError when the arm cannot be trained, StoppedError when asked to stop
 */
export async function trainAdapter(
  opened: OpenModel,
  host: ArmHost,
  { set, validation, training, lora }: Omit<ArmRequest, 'keeps'>,
  report: (step: StepReport) => Promise<void>,
  keeps?: (adapter: LoraAdapter, step: StepReport) => Promise<boolean>,
): Promise<TrainedAdapter> {
  const request = {
    set,
    ...(validation && { validation }),
    prompt: host.prompt,
    encoding: 'separate' as const,
    lora,
    // All questions of the set are trained on; what is held out stands in a set of its own.
    training: { ...training, validationShare: 0 },
  };
  const plan = planRun(opened, request, host.memoryLimitBytes);
  if (plan.skipped.length > 0) {
    const reasons = plan.skipped.map(({ rowId, reason }) => `${rowId}: ${reason}.`);
    throw new DataError(`Some answers of "${set.id}" cannot be trained on.`, reasons);
  }
  const { job, adapter, masked, trainedTokensPerEpoch } = await prepareRun(opened, request, plan);
  if (!adapter) throw new DataError('Experiments train LoRA adapters only.');
  const trainingHost: TrainingHost = {
    now: () => host.now(),
    memoryBytes: () => host.memoryBytes(),
    stopRequested: () => host.stopRequested(),
    breathe: () => host.breathe(),
    // An arm takes seconds to minutes; a killed one starts anew from its seed.
    saveCheckpoint: () => Promise.resolve(),
    checkpointSeconds: Infinity,
  };
  try {
    const run = train(job, trainingHost);
    const weights = job.parameters.map(({ variable }) => variable);
    let kept: Float32Array[] | undefined;
    for (;;) {
      const next = await run.next();
      if (next.done) {
        if (next.value.outcome === 'stopped') throw new StoppedError('Stopped while training.');
        break;
      }
      await report(next.value);
      const { step, totalSteps } = next.value;
      const evaluated = step === totalSteps || step % training.evaluateEvery === 0;
      if (keeps && step > 0 && evaluated && (await keeps(adapter, next.value))) {
        kept = await Promise.all(weights.map((own) => own.data<'float32'>()));
      }
    }
    kept?.forEach((values, i) => putBack(weights[i]!, values));
  } catch (error) {
    adapter.dispose();
    throw error;
  }
  return { adapter, masked, trainedTokens: Math.round(trainedTokensPerEpoch * plan.epochs) };
}

/** The weights of a step that was the best. */
function putBack(variable: Variable, values: Float32Array): void {
  tidy(() => variable.assign(tensor(values, variable.shape)));
}
