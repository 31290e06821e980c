/** What a training run tells about itself after a logged step: the one type that crosses to the page. */
import type { ColumnLog } from './column-log.ts';

export interface StepReport {
  /** Optimizer steps done. 0 reports the model before training: validation only, loss NaN. */
  step: number;
  totalSteps: number;
  /** Passes over the data done, with its fraction. */
  epoch: number;
  /** Tokens of all examples so far, prompts included, padding left out. */
  tokensSeen: number;
  examplesSeen: number;
  /** Σ NLL / Σ target weights since the last report, nats per token. */
  loss: number;
  /** Same average over the held-out questions, when they were measured at this step. */
  validationLoss?: number;
  /** Share of held-out answer tokens that were the likeliest choice. */
  validationAccuracy?: number;
  /** Before clipping. */
  gradientNorm: number;
  /** The one used for this step. */
  learningRate: number;
  tokensPerSecond: number;
  secondsLeft: number;
  memoryBytes: number;
  elapsedSeconds: number;
}

/** Columns a log of reports has; of values a report leaves out, the log holds NaN. */
export const stepColumns = [
  'step',
  'totalSteps',
  'epoch',
  'tokensSeen',
  'examplesSeen',
  'loss',
  'validationLoss',
  'validationAccuracy',
  'gradientNorm',
  'learningRate',
  'tokensPerSecond',
  'secondsLeft',
  'memoryBytes',
  'elapsedSeconds',
] as const satisfies readonly (keyof StepReport)[];

export type StepColumn = (typeof stepColumns)[number];

/** The reports of a run, one row each. */
export type StepLog = ColumnLog<StepColumn>;
