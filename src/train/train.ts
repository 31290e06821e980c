/**
 * The training loop: an async generator that yields a report per logging step and returns how it
 * ended. Its collaborators come in as arguments; it must not know the page, the worker or files.
 */
import { TrainingDivergedError } from '../errors.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { BatchCost } from '../batches/batch-cut.ts';
import { evaluationBatches } from '../batches/evaluation-batches.ts';
import type { Example } from '../batches/example.ts';
import { trainingStep, type TrainingStep } from '../batches/training-step.ts';
import type { LoraAdapter } from '../lora/adapter.ts';
import type { Host } from '../host.ts';
import type { ForwardOptions } from '../forward/forward-context.ts';
import type { StepReport } from '../metrics/step-report.ts';
import { createRandom } from '../random.ts';
import {
  progressStart,
  restoreCheckpoint,
  takeCheckpoint,
  type Progress,
  type TrainedState,
} from './checkpoint.ts';
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
import type { RunFacts } from './run-facts.ts';
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
  /** What batches cost on the engine: steps and held-out rows are cut by it. */
  cost?: BatchCost;
  /** Everything that decides the numbers; a checkpoint of another run is refused by them. */
  facts: RunFacts;
}

/** Where checkpoints go. */
export interface Checkpoints<Kept extends TrainedState = TrainedState> {
  save(checkpoint: Kept): Promise<void>;
  /** Longest time without one. */
  everySeconds: number;
}

export interface LoopOptions {
  /** Without them a run that is killed starts anew. */
  checkpoints?: Checkpoints | undefined;
  resumeFrom?: TrainedState | undefined;
}

const none: Checkpoints = { save: () => Promise.resolve(), everySeconds: Infinity };

export interface TrainingResult {
  outcome: 'finished' | 'stopped';
  progress: Progress;
}

/**
 * @throws TrainingDivergedError after putting the last good checkpoint back, DataError when
 *   `resumeFrom` belongs to another run
 */
export async function* train(
  job: TrainingJob,
  host: Host,
  { checkpoints = none, resumeFrom }: LoopOptions = {},
): AsyncGenerator<StepReport, TrainingResult, undefined> {
  const { settings, parameters, facts } = job;
  const random = createRandom(settings.seed);
  const optimizer = createOptimizer(parameters);
  try {
    if (resumeFrom) restoreCheckpoint(resumeFrom, facts, parameters, optimizer);
    const progress: Progress = { ...(resumeFrom?.progress ?? progressStart) };
    const clock = createRunClock(host, progress);
    let lastGood = await takeCheckpoint(facts, progress, parameters, optimizer);
    let lastSaved = host.now();
    let saveNext = false;
    const goBack = () => restoreCheckpoint(lastGood, facts, parameters, optimizer);

    const checkpoint = async () => {
      clock.update();
      try {
        lastGood = await takeCheckpoint(facts, progress, parameters, optimizer);
      } catch (error) {
        if (error instanceof TrainingDivergedError) goBack();
        throw error;
      }
      await checkpoints.save(lastGood);
      lastSaved = host.now();
      saveNext = false;
    };

    for (;;) {
      const evaluates = isDue(settings, progress.step, settings.evaluateEvery);
      const reports = evaluates || progress.step % settings.logEvery === 0;
      if (reports && progress.reportedStep !== progress.step) {
        const held = evaluates ? await validationOf(job, host, clock) : {};
        if (held === 'stopped') {
          await checkpoint();
          return { outcome: 'stopped', progress };
        }
        progress.validationBefore ??= held.validationLoss;
        progress.validationAfter = held.validationLoss ?? progress.validationAfter;
        const report = makeReport(job, host, progress, clock, held);
        progress.lossSum = progress.lossWeight = 0;
        progress.reportedStep = progress.step;
        const handedOver = host.now();
        yield report;
        clock.aside += host.now() - handedOver;
        if (!Number.isFinite(held.validationLoss ?? 0)) {
          goBack();
          throw diverged(
            job,
            progress,
            lastGood,
            `the held-out loss became ${held.validationLoss}`,
          );
        }
        saveNext ||= evaluates;
      }
      if (progress.step === settings.steps) {
        await checkpoint();
        return { outcome: 'finished', progress };
      }
      await host.breathe();
      if (host.stopRequested()) {
        await checkpoint();
        return { outcome: 'stopped', progress };
      }

      const step = trainingStep(job.examples, random.fork('order'), progress.cursor, {
        microBatchSize: settings.batchSize,
        accumulation: settings.accumulation,
        maxTokens: job.maxTokens,
        maxLength: settings.maxLength,
        padId: job.padId,
        ...(job.cost && { cost: job.cost }),
      });
      const result = stepGradients(job, step, progress.step, random);
      const [loss, norm] = await readLossAndNorm(result);
      if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
        disposeGradients(result);
        goBack();
        const what = `the loss became ${loss} and the gradient's length ${norm}`;
        throw diverged(job, progress, lastGood, what);
      }
      // Only now is it known that these weights give a finite loss: a good moment to keep them.
      saveNext ||= host.now() - lastSaved > 1000 * checkpoints.everySeconds;
      if (saveNext) await checkpoint();
      const lr = learningRateAt(settings, progress.step);
      const clip = settings.maxGradientNorm;
      const scale = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
      updateParameters(optimizer, parameters, result.gradient, lr, scale, settings);
      disposeGradients(result);

      progress.step++;
      progress.cursor = step.cursor;
      progress.tokensSeen += step.tokens;
      progress.examplesSeen += step.examples;
      progress.lossSum += loss * step.weight;
      progress.lossWeight += step.weight;
      progress.gradientNorm = norm;
      clock.trainedTokens += step.tokens;
    }
  } finally {
    disposeOptimizer(optimizer);
  }
}

/** Before the first step, after the last one, and every so many in between. */
function isDue({ steps }: TrainingSettings, step: number, every: number): boolean {
  return step === steps || step % every === 0;
}

interface RunClock {
  /** Tokens trained since the clock started. */
  trainedTokens: number;
  /** Milliseconds spent on the held-out loss and on what is done with reports since then. */
  aside: number;
  startStep: number;
  started: number;
  update(): void;
}

/** Brings `progress.elapsedSeconds` up to date, over resumes too. */
function createRunClock(host: Host, progress: Progress): RunClock {
  const started = host.now();
  const before = progress.elapsedSeconds;
  return {
    trainedTokens: 0,
    aside: 0,
    startStep: progress.step,
    started,
    update: () => (progress.elapsedSeconds = before + (host.now() - started) / 1000),
  };
}

function makeReport(
  { settings, examples }: TrainingJob,
  host: Host,
  progress: Progress,
  clock: RunClock,
  held: HeldOut,
): StepReport {
  clock.update();
  const { step, cursor, lossSum, lossWeight } = progress;
  const done = step - clock.startStep;
  const passed = host.now() - clock.started;
  return {
    step,
    totalSteps: settings.steps,
    epoch: cursor.epoch + cursor.position / examples.length,
    tokensSeen: progress.tokensSeen,
    examplesSeen: progress.examplesSeen,
    tokensPerSecond: done > 0 ? (1000 * clock.trainedTokens) / (passed - clock.aside) : 0,
    secondsLeft: done > 0 ? (passed / 1000 / done) * (settings.steps - step) : NaN,
    memoryBytes: host.memoryBytes(),
    elapsedSeconds: progress.elapsedSeconds,
    // Before the first step there is only held-out loss.
    loss: step > 0 ? lossSum / lossWeight : NaN,
    gradientNorm: step > 0 ? progress.gradientNorm : NaN,
    learningRate: step > 0 ? learningRateAt(settings, step - 1) : NaN,
    ...held,
  };
}

type HeldOut = Pick<StepReport, 'validationLoss' | 'validationAccuracy'>;

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

/** Held-out loss, nothing without held-out rows; 'stopped' when it was asked to end before. */
async function validationOf(
  job: TrainingJob,
  host: Host,
  clock: RunClock,
): Promise<HeldOut | 'stopped'> {
  if (job.validation.length === 0) return {};
  const began = host.now();
  const batches = evaluationBatches(job.validation, {
    batchSize: Math.max(8, job.settings.batchSize),
    maxTokens: job.maxTokens,
    maxLength: job.settings.maxLength,
    padId: job.padId,
    ...(job.cost && { cost: job.cost }),
  });
  const result = await evaluate(job.model, batches, { adapter: job.adapter }, () =>
    host.stopRequested(),
  );
  clock.aside += host.now() - began;
  if (!result) return 'stopped';
  return { validationLoss: result.loss, validationAccuracy: result.accuracy };
}

function diverged(
  { settings }: TrainingJob,
  { step, cursor }: Progress,
  lastGood: TrainedState,
  what: string,
): TrainingDivergedError {
  const batch = Math.floor(cursor.position / (settings.batchSize * settings.accumulation)) + 1;
  return new TrainingDivergedError(
    `Training stopped at step ${step + 1}, batch ${batch} of epoch ${cursor.epoch + 1}: ${what}.`,
    step + 1,
    batch,
    [
      `The weights of step ${lastGood.progress.step} are back; nothing that is not a number was kept.`,
      'The usual cause is a learning rate that is too high; others are an empty answer or broken weights.',
    ],
  );
}
