/**
 * What a run has reported up to its checkpoint. It is kept inside the checkpoint, so that log and
 * weights are written, lost and found together.
 */
import * as v from 'valibot';
import type { HeldOutCheck } from '../metrics/held-out-check.ts';
import type { StepReport } from '../metrics/step-report.ts';

export interface RunHistory {
  /** In the order of their steps. */
  reports: readonly StepReport[];
  checks: readonly HeldOutCheck[];
}

export const noHistory: RunHistory = { reports: [], checks: [] };

/** In the order in which the loop makes them, so that lines of JSON come back as they were. */
const report = v.object({
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  ...numbers([
    ...(['totalSteps', 'epoch', 'tokensSeen', 'examplesSeen', 'tokensPerSecond'] as const),
    ...(['secondsLeft', 'memoryBytes', 'elapsedSeconds'] as const),
    ...(['loss', 'gradientNorm', 'learningRate'] as const),
  ]),
  validationLoss: v.exactOptional(v.number()),
  validationAccuracy: v.exactOptional(v.number()),
});

/** NaN and the infinities are kept too. */
function numbers<Name extends string>(names: readonly Name[]) {
  const any = v.custom<number>((value) => typeof value === 'number', 'expected a number');
  return Object.fromEntries(names.map((name) => [name, any])) as Record<Name, typeof any>;
}

const COLUMNS = Object.keys(report.entries) as (keyof StepReport)[];
const MEASURED_AT_TIMES: readonly string[] = ['validationLoss', 'validationAccuracy'];

/** Reports as a table of doubles, a row each; NaN where one measured nothing. */
export function reportTable(reports: readonly StepReport[]): {
  shape: [rows: number, columns: number];
  values: Float64Array;
} {
  const values = new Float64Array(reports.length * COLUMNS.length);
  reports.forEach((one, row) => {
    COLUMNS.forEach((name, i) => (values[row * COLUMNS.length + i] = one[name] ?? NaN));
  });
  return { shape: [reports.length, COLUMNS.length], values };
}

/** Rows of `reportTable`; undefined when the table is not one of these. */
export function tableReports(
  [rows = 0, columns]: readonly number[],
  values: Float64Array,
): StepReport[] | undefined {
  if (columns !== COLUMNS.length || values.length !== rows * columns) return undefined;
  const reports = Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      COLUMNS.map((name, i) => [name, values[row * columns + i]!] as const).filter(
        ([name, value]) => !(Number.isNaN(value) && MEASURED_AT_TIMES.includes(name)),
      ),
    ),
  );
  const parsed = v.safeParse(v.array(report), reports);
  return parsed.success ? parsed.output : undefined;
}

const check = v.object({
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  whole: v.boolean(),
  answers: v.array(
    v.object({
      id: v.string(),
      question: v.string(),
      gold: v.string(),
      answer: v.string(),
      right: v.boolean(),
    }),
  ),
});

export const checksSchema = v.array(check);
