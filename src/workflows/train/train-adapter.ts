/** One arm of an experiment trained on the open model, and the weights of its best step put back. */
import { DataError, StoppedError } from '../../errors.ts';
import type { ArmRequest } from '../../experiment/run/backend.ts';
import type { Host } from '../../host.ts';
import type { LoraAdapter } from '../../lora/adapter.ts';
import type { Notice } from '../../notices.ts';
import {
  CHECKPOINT_SECONDS,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../train/checkpoint-file.ts';
import type { TrainingJob } from '../../train/train.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import type { PromptSettings } from '../../tokenizer/prompt-format.ts';
import { BestWeights } from './best-weights.ts';
import type { MaskedTokens } from './mask-tokens.ts';
import type { OpenModel } from '../open/open-model.ts';
import { runTraining } from './run-training.ts';
import { planRun, prepareRun } from './training-run.ts';

export interface AdapterTraining {
  opened: OpenModel;
  prompt: PromptSettings;
  memoryLimitBytes: number;
}

export interface TrainedAdapter {
  /** The caller disposes it. */
  adapter: LoraAdapter;
  trainedTokens: number;
  /** Undefined when every token is trained. */
  masked: MaskedTokens | undefined;
  notices: readonly Notice[];
}

/**
 * Trains until the last step; after it the weights of the best one are put back.
 * @param keeps whether the weights of an evaluated step are the best so far; without it the last are kept
 * @throws DataError when the arm cannot be trained, StoppedError when asked to stop
 */
export async function trainAdapter(
  { opened, prompt, memoryLimitBytes }: AdapterTraining,
  host: Host,
  { set, validation, training, lora, resume }: Omit<ArmRequest, 'keeps'>,
  report: (step: StepReport) => Promise<void>,
  keeps?: (adapter: LoraAdapter, step: StepReport) => Promise<boolean>,
): Promise<TrainedAdapter> {
  const request = {
    set,
    ...(validation && { validation }),
    prompt,
    encoding: 'separate' as const,
    lora,
    // All questions of the set are trained on; what is held out stands in a set of its own.
    training: { ...training, validationShare: 0 },
  };
  const plan = planRun(opened, request, memoryLimitBytes);
  if (plan.skipped.length > 0) {
    const reasons = plan.skipped.map(({ rowId, reason }) => `${rowId}: ${reason}.`);
    throw new DataError(`Some answers of "${set.id}" cannot be trained on.`, reasons);
  }
  const { job, adapter, masked, trainedTokensPerEpoch } = await prepareRun(opened, request, plan);
  if (!adapter) throw new DataError('Experiments train LoRA adapters only.');
  try {
    const weights = new BestWeights(job, resume?.from?.['best']);
    const { outcome } = await runTraining(job, {
      host,
      report: async (step) => {
        await report(step);
        if (keeps && isEvaluated(job, step) && (await keeps(adapter, step))) await weights.take();
      },
      ...(resume && {
        resumeFrom: resume.from && (await decodeCheckpoint(set.id, resume.from.checkpoint)),
        checkpoints: {
          everySeconds: CHECKPOINT_SECONDS,
          save: (checkpoint) => {
            const ends = checkpoint.progress.step === job.settings.steps || host.stopRequested();
            return resume.save(async () => {
              const encoded = await encodeCheckpoint(checkpoint);
              return { checkpoint: encoded, ...(weights.bytes && { best: weights.bytes }) };
            }, ends);
          },
        },
      }),
    });
    if (outcome === 'finished') weights.putBack();
    if (outcome === 'stopped') throw new StoppedError('Stopped while training.');
  } catch (error) {
    adapter.dispose();
    throw error;
  }
  const { notices } = plan;
  return {
    adapter,
    masked,
    notices,
    trainedTokens: Math.round(trainedTokensPerEpoch * plan.epochs),
  };
}

/** After training has begun, the steps whose held-out loss is due. */
function isEvaluated({ settings }: TrainingJob, { step, totalSteps }: StepReport): boolean {
  return step > 0 && (step === totalSteps || step % settings.evaluateEvery === 0);
}
