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

/** JSON knows no NaN and no infinity. */
const UNSAID = { NaN, Infinity, '-Infinity': -Infinity };
type Unsaid = keyof typeof UNSAID;

export function historyText(history: RunHistory): string {
  return JSON.stringify(history, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

const number = v.union([
  v.number(),
  v.pipe(
    v.picklist(Object.keys(UNSAID) as Unsaid[]),
    v.transform((name) => UNSAID[name]),
  ),
]);

/** In the order in which the loop makes them, so that lines of JSON come back as they were. */
const report = v.object({
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  totalSteps: number,
  epoch: number,
  tokensSeen: number,
  examplesSeen: number,
  tokensPerSecond: number,
  secondsLeft: number,
  memoryBytes: number,
  elapsedSeconds: number,
  loss: number,
  gradientNorm: number,
  learningRate: number,
  validationLoss: v.exactOptional(number),
  validationAccuracy: v.exactOptional(number),
});

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

/** What `historyText` wrote, parsed as JSON. */
export const historySchema = v.object({ reports: v.array(report), checks: v.array(check) });
