/** What training gave, run by run: held-out questions right, loss beside it, and means over seeds. */
import { mean, standardDeviation } from '../statistics/summary.ts';
import { digits } from '../figures/format.ts';

/** Held-out questions answered right before and after training. */
export interface QuestionCounts {
  before: number;
  after: number;
  total: number;
  /** The same for the same questions. */
  questions: string;
}

/** One trained run. Losses in nats per held-out token, NaN when not measured. */
export interface OutcomeRun {
  id: string;
  label: string;
  seed: number;
  /** Undefined unless they were asked both times. */
  counts: QuestionCounts | undefined;
  before: number;
  after: number;
  step: number;
}

/** Runs that differ by nothing but their seed. */
export interface OutcomeGroup {
  key: string;
  name: string;
  /** Whose answers were trained on. */
  setId: string;
  /** 1 to 8: color and mark of the set. */
  slot: number;
  dashed: boolean;
  runs: readonly OutcomeRun[];
  /** Name of the set the loss is measured on; undefined: the writer's own held-out answers. */
  validation: string | undefined;
  /** Held-out answers. */
  heldOut: number;
}

/** Mean of some seeds with its 95 % interval (Student's t); NaN bounds for fewer than two. */
export interface SeedMean {
  mean: number;
  low: number;
  high: number;
  n: number;
}

/** 97.5 % quantiles of Student's t for 1 to 19 degrees of freedom. */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093,
] as const;

/** @param values one of each seed */
export function seedMean(values: readonly number[]): SeedMean {
  const n = values.length;
  const middle = mean(values);
  const t = T_975[Math.min(n - 2, T_975.length - 1)] ?? NaN;
  const half = (t * standardDeviation(values)) / Math.sqrt(n);
  return { mean: middle, low: middle - half, high: middle + half, n };
}

/** What is compared: the share of questions right, or the loss. */
export type Measure = 'questions' | 'loss';

/** Values of a run before and after; undefined when it was not measured both times. */
export function valuesOf(
  run: OutcomeRun,
  measure: Measure,
): { before: number; after: number } | undefined {
  if (measure === 'questions') {
    const { counts } = run;
    return counts && { before: counts.before / counts.total, after: counts.after / counts.total };
  }
  return Number.isFinite(run.before - run.after) ? run : undefined;
}

/** The latest measured run of each seed: the same seed again is the same run, no second witness. */
export function onePerSeed(runs: readonly OutcomeRun[], measure: Measure): OutcomeRun[] {
  const measured = runs.filter((run) => valuesOf(run, measure) !== undefined);
  return [...new Map(measured.map((run) => [run.seed, run])).values()];
}

/** After minus before, mean over seeds. */
export function changeOf(runs: readonly OutcomeRun[], measure: Measure): SeedMean {
  return seedMean(
    onePerSeed(runs, measure).map((run) => {
      const { before, after } = valuesOf(run, measure)!;
      return after - before;
    }),
  );
}

/**
 * Whether levels of loss may be set side by side: on one set for all, or all of one writer. The loss
 * on a writer's own answers says how familiar the writer is, so it never ranks writers.
 */
export function lossComparable(groups: readonly OutcomeGroup[]): boolean {
  const [first] = groups;
  return groups.every(
    ({ validation, setId }) =>
      validation === first!.validation && (validation !== undefined || setId === first!.setId),
  );
}

/** Whether all groups answered the same questions. */
export function sameQuestions(groups: readonly OutcomeGroup[]): boolean {
  const questions = groups.map(({ runs }) =>
    [...new Set(runs.flatMap(({ counts }) => counts?.questions ?? []))].sort().join('\n'),
  );
  return new Set(questions).size <= 1;
}

/** A number with its sign. */
export function signed(value: number): string {
  if (value === 0) return '±0';
  return `${value < 0 ? '−' : '+'}${digits(Math.abs(value))}`;
}

/** A difference of shares: +28 points. */
export function signedPoints(value: number): string {
  const points = (100 * Math.abs(value)).toFixed(1).replace(/\.0$/, '');
  if (points === '0') return '±0 points';
  return `${value < 0 ? '−' : '+'}${points} points`;
}

/** A change of its measure. */
export const changeText = (value: number, measure: Measure): string =>
  measure === 'questions' ? signedPoints(value) : signed(value);
