/**
 * What the learning curves show: which numbers of a run's log, over what, and how they are named.
 * Knows logs and slots of the palette; must not know canvases, colors or who trains.
 */
import type { ColumnLog } from '../../metrics/column-log.ts';
import type { StepColumn } from '../../metrics/step-report.ts';

/** A run as the curves see it. */
export interface CurveRun {
  readonly id: string;
  /** Direct label of its line. */
  readonly label: string;
  /** 1 to 8: color and mark of its response set. */
  readonly slot: number;
  /** Of another model than the first: drawn dashed, never in another color. */
  readonly dashed: boolean;
  readonly log: ColumnLog<StepColumn>;
  /** Steps whose checkpoint the run went on from. */
  readonly resumedAt: readonly number[];
  /** Step at which loss or gradient was no longer a number. */
  readonly divergedAt?: number | undefined;
  /** It still grows: the step axis reaches to its planned end. */
  readonly live: boolean;
}

export const curveAxes = {
  step: { label: 'steps', column: 'step' },
  tokens: { label: 'tokens seen', column: 'tokensSeen' },
  examples: { label: 'answers seen', column: 'examplesSeen' },
  epoch: { label: 'epochs', column: 'epoch' },
  time: { label: 'seconds', column: 'elapsedSeconds' },
} as const satisfies Record<string, { label: string; column: StepColumn }>;

export type RunAxis = keyof typeof curveAxes;

interface Metric {
  title: string;
  /** The field's term and its exact definition. */
  help: string;
  unit: string;
  /** Known after each report; smoothed, with the raw line faint behind it. */
  line?: StepColumn;
  /** Measured now and then: drawn with its points, never smoothed. */
  held?: StepColumn;
  smoothed: boolean;
  /** Written in percent. */
  share?: true;
}

export const curveMetrics = {
  loss: {
    title: 'Loss',
    help: 'Mean negative log-likelihood of the trained tokens, natural logarithm. Training loss is the mean since the last report; held-out loss is the same mean over answers that are never trained on.',
    unit: 'nats per token',
    line: 'loss',
    held: 'validationLoss',
    smoothed: true,
  },
  accuracy: {
    title: 'Token accuracy (held out)',
    help: 'Token accuracy: share of held-out answer tokens that were the model’s likeliest choice.',
    unit: 'of the held-out tokens',
    held: 'validationAccuracy',
    smoothed: false,
    share: true,
  },
  gradientNorm: {
    title: 'Gradient norm',
    help: 'Gradient norm: Euclidean length of the gradient over all trained weights, before clipping.',
    unit: 'length of the gradient',
    line: 'gradientNorm',
    smoothed: true,
  },
  learningRate: {
    title: 'Learning rate',
    help: 'Factor on each change of the weights, as the schedule sets it.',
    unit: 'factor on each change',
    line: 'learningRate',
    smoothed: false,
  },
} as const satisfies Record<string, Metric>;

export type CurveMetric = keyof typeof curveMetrics;

export function metricOf(metric: CurveMetric): Metric {
  return curveMetrics[metric];
}

/** How the curves are looked at. */
export interface CurveView {
  axis: RunAxis;
  /** True base-10 logarithm on the y axis; values of 0 and below are left out. */
  logarithmic: boolean;
  /** Weight of the exponential average, 0 (raw) to 0.99. */
  smoothing: number;
  /** Part of the x axis that is shown; undefined: all of it. */
  zoom: readonly [from: number, to: number] | undefined;
}

/**
 * The same runs, read together with the version of their logs: logs grow in place, so whoever
 * computes from them has to say which version of them it read.
 */
export function asOf<Runs>(_version: number, runs: Runs): Runs {
  return runs;
}

/** Uniform prediction over the vocabulary: a loss above it says that something is broken. */
export function chanceLoss(vocabSize: number): number {
  return Math.log(vocabSize);
}
