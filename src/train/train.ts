/**
 * The training loop: an async generator that yields a report per logging step and returns how it
 * ended. Its collaborators come in as arguments; it must not know the page, the worker or files.
 */
import { TrainingDivergedError } from '../errors.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { evaluationBatches } from '../batches/evaluation-batches.ts';
import type { Example } from '../batches/example.ts';
import { orderStart } from '../batches/training-order.ts';
import { trainingStep, type TrainingStep } from '../batches/training-step.ts';
import type { LoraAdapter } from '../lora/adapter.ts';
import type { ForwardOptions } from '../forward/forward-context.ts';
import type { StepReport } from '../metrics/step-report.ts';
import { createRandom } from '../random.ts';
import { restoreCheckpoint, takeCheckpoint, type Checkpoint, type Progress } from './checkpoint.ts';
import type { TrainingSettings } from './config.ts';
import {
  addGradients,
  batchGradients,
  disposeGradients,
  evaluate,
  readLossAndNorm,
  type BatchGradients,
} from './loss.ts';
import {
  createOptimizer,
  disposeOptimizer,
  updateParameters,
  type Parameter,
} from './optimizer.ts';
import { learningRateAt } from './schedule.ts';

export interface TrainingJob {
  model: LanguageModel;
  /** Absent when the model itself is trained. */
  adapter?: LoraAdapter;
  parameters: readonly Parameter[];
  examples: readonly Example[];
  /** May be empty. */
  validation: readonly Example[];
  settings: TrainingSettings;
  /** Dropout rate on the adapter's inputs. */
  dropout: number;
  /** Recompute activations in the backward pass. */
  checkpointing: boolean;
  padId: number;
  /** Most tokens of one micro-batch, padding included. */
  maxTokens: number;
  /** Names everything that decides the numbers; see Checkpoint. */
  fingerprint: string;
}

/** What the surroundings provide. */
export interface TrainingHost {
  /** Milliseconds of a steady clock. */
  now(): number;
  memoryBytes(): number;
  stopRequested(): boolean;
  /** Lets messages in: a stop can only arrive between steps. */
  breathe(): Promise<void>;
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /** Longest time without a checkpoint. */
  checkpointSeconds: number;
}

export interface TrainingResult {
  outcome: 'finished' | 'stopped';
  progress: Progress;
  /** Held-out loss at step 0 and last measured; undefined without held-out rows. */
  validationBefore: number | undefined;
  validationAfter: number | undefined;
}

/** @throws TrainingDivergedError after putting the last good checkpoint back */
export async function* train(
  job: TrainingJob,
  host: TrainingHost,
  resumeFrom?: Checkpoint,
): AsyncGenerator<StepReport, TrainingResult, undefined> {
  const { settings, parameters } = job;
  const random = createRandom(settings.seed);
  const optimizer = createOptimizer(parameters);
  let progress: Progress = {
    step: 0,
    cursor: orderStart,
    tokensSeen: 0,
    examplesSeen: 0,
    elapsedSeconds: 0,
    lossSum: 0,
    lossWeight: 0,
  };
  if (resumeFrom) {
    restoreCheckpoint(resumeFrom, job.fingerprint, parameters, optimizer);
    progress = { ...resumeFrom.progress };
  }
  const started = host.now() - 1000 * progress.elapsedSeconds;
  const startStep = progress.step;
  const startTime = host.now();
  const clock = () => (progress.elapsedSeconds = (host.now() - started) / 1000);
  let lastGood = await takeCheckpoint(job.fingerprint, progress, parameters, optimizer);
  let lastSaved = host.now();
  let stepTokens = 0;
  let evaluationMilliseconds = 0;

  const report = (extra: Extra): StepReport => {
    clock();
    const trainedMilliseconds = host.now() - startTime - evaluationMilliseconds;
    const done = progress.step - startStep;
    return {
      step: progress.step,
      totalSteps: settings.steps,
      epoch: progress.cursor.epoch + progress.cursor.position / job.examples.length,
      tokensSeen: progress.tokensSeen,
      examplesSeen: progress.examplesSeen,
      tokensPerSecond: done > 0 ? (1000 * stepTokens) / trainedMilliseconds : 0,
      secondsLeft:
        done > 0
          ? ((host.now() - startTime) / 1000 / done) * (settings.steps - progress.step)
          : NaN,
      memoryBytes: host.memoryBytes(),
      elapsedSeconds: progress.elapsedSeconds,
      // Before the first step there is only held-out loss.
      loss: NaN,
      gradientNorm: NaN,
      learningRate: NaN,
      ...extra,
    };
  };
  const checkpoint = async () => {
    clock();
    lastGood = await takeCheckpoint(job.fingerprint, progress, parameters, optimizer);
    await host.saveCheckpoint(lastGood);
    lastSaved = host.now();
  };
  const validate = async (): Promise<Extra> => {
    const began = host.now();
    const result = await validationOf(job, host);
    evaluationMilliseconds += host.now() - began;
    return result ? { validationLoss: result.loss, validationAccuracy: result.accuracy } : {};
  };

  let validationBefore: number | undefined;
  let validationAfter: number | undefined;
  try {
    if (progress.step === 0) {
      const before = await validate();
      validationBefore = validationAfter = before.validationLoss;
      yield report(before);
    }
    while (progress.step < settings.steps) {
      await host.breathe();
      if (host.stopRequested()) {
        await checkpoint();
        return { outcome: 'stopped', progress, validationBefore, validationAfter };
      }
      const step = trainingStep(job.examples, random.fork('order'), progress.cursor, {
        microBatchSize: settings.batchSize,
        accumulation: settings.accumulation,
        maxTokens: job.maxTokens,
        maxLength: settings.maxLength,
        padId: job.padId,
      });
      const result = stepGradients(job, step, progress.step, random);
      const [loss, norm] = await readLossAndNorm(result);
      if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
        disposeGradients(result);
        restoreCheckpoint(lastGood, job.fingerprint, parameters, optimizer);
        throw diverged(progress, lastGood, loss, norm, step);
      }
      const lr = learningRateAt(settings, progress.step);
      const clip = settings.maxGradientNorm;
      const scale = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
      updateParameters(optimizer, parameters, result.gradients, lr, scale, settings);
      disposeGradients(result);

      progress.step++;
      progress.cursor = step.cursor;
      progress.tokensSeen += step.tokens;
      progress.examplesSeen += step.examples;
      progress.lossSum += loss * step.weight;
      progress.lossWeight += step.weight;
      stepTokens += step.tokens;

      const last = progress.step === settings.steps;
      const evaluates = last || progress.step % settings.evaluateEvery === 0;
      if (evaluates || progress.step % settings.logEvery === 0) {
        const held = evaluates ? await validate() : {};
        validationAfter = held.validationLoss ?? validationAfter;
        const mean = progress.lossSum / progress.lossWeight;
        progress.lossSum = progress.lossWeight = 0;
        yield report({ ...held, loss: mean, gradientNorm: norm, learningRate: lr });
      }
      if (evaluates || host.now() - lastSaved > 1000 * host.checkpointSeconds) await checkpoint();
    }
    return { outcome: 'finished', progress, validationBefore, validationAfter };
  } finally {
    disposeOptimizer(optimizer);
  }
}

/** What a report may say beyond the counters. */
type Extra = Partial<
  Pick<
    StepReport,
    'loss' | 'validationLoss' | 'validationAccuracy' | 'gradientNorm' | 'learningRate'
  >
>;

/** Loss and gradients of a whole step: micro-batches add up, each divided by the step's weight. */
function stepGradients(
  job: TrainingJob,
  step: TrainingStep,
  index: number,
  random: ReturnType<typeof createRandom>,
): BatchGradients {
  const variables = job.parameters.map(({ variable }) => variable);
  let total: BatchGradients | undefined;
  step.microBatches.forEach((batch, micro) => {
    const options: ForwardOptions = {
      adapter: job.adapter,
      ...(job.dropout > 0 && {
        dropout: {
          rate: job.dropout,
          seed: random.fork(`dropout/${index}/${micro}`).integer(2 ** 31),
        },
      }),
      ...(job.checkpointing && { checkpointing: { variables } }),
    };
    const part = batchGradients(job.model, batch, variables, step.weight, options);
    total = total ? addGradients(total, part) : part;
  });
  return total!;
}

async function validationOf(job: TrainingJob, host: TrainingHost) {
  if (job.validation.length === 0) return undefined;
  const batches = evaluationBatches(job.validation, {
    batchSize: Math.max(8, job.settings.batchSize),
    maxTokens: job.maxTokens,
    maxLength: job.settings.maxLength,
    padId: job.padId,
  });
  return evaluate(job.model, batches, { adapter: job.adapter }, () => host.stopRequested());
}

function diverged(
  progress: Progress,
  lastGood: Checkpoint,
  loss: number,
  norm: number,
  step: TrainingStep,
): TrainingDivergedError {
  const number = progress.step + 1;
  return new TrainingDivergedError(
    `Training stopped at step ${number}: the loss became ${loss} and the gradient's length ${norm}.`,
    number,
    step.cursor.position,
    [
      `The weights of step ${lastGood.progress.step} are back; nothing that is not a number was kept.`,
      'The usual cause is a learning rate that is too high; others are an empty answer or broken weights.',
    ],
  );
}
