/** What the crosshair reads: the numbers of each run at one place of the x axis. */
import { digits, list, percent } from '../../figures/format.ts';
import type { StepColumn } from '../../metrics/step-report.ts';
import { curveAxes, type RunAxis, type CurveRun } from './curves.ts';
import { rowAt } from './picture.ts';

export interface Reading {
  run: CurveRun;
  /** Row of the log, -1 when it has none. */
  row: number;
  step: number;
  loss: number;
  /** Of the last measurement at or before the row; NaN when there was none. */
  heldLoss: number;
  accuracy: number;
  gradientNorm: number;
  learningRate: number;
}

/** Numbers at `x`, or at the end of each run when `x` is undefined. */
export function readRun(run: CurveRun, axis: RunAxis, x: number | undefined): Reading {
  const { log } = run;
  const xs = log.column(curveAxes[axis].column);
  const row = x === undefined ? log.length - 1 : nearestRow(xs, x);
  return {
    run,
    row,
    step: log.at('step', row),
    loss: log.at('loss', row),
    heldLoss: lastBefore(run, 'validationLoss', row),
    accuracy: lastBefore(run, 'validationAccuracy', row),
    gradientNorm: log.at('gradientNorm', row),
    learningRate: log.at('learningRate', row),
  };
}

/** Index of the value nearest to `at`; -1 for an empty column. */
export function nearestRow(values: Float64Array, at: number): number {
  const below = rowAt(values, at);
  if (below < 0) return values.length > 0 ? 0 : -1;
  if (below === values.length - 1) return below;
  return at - values[below]! <= values[below + 1]! - at ? below : below + 1;
}

function lastBefore({ log }: CurveRun, column: StepColumn, row: number): number {
  const values = log.column(column);
  for (let i = Math.min(row, values.length - 1); i >= 0; i--) {
    if (Number.isFinite(values[i])) return values[i]!;
  }
  return NaN;
}

/** The readings as a sentence, for a screen reader. */
export function readAloud(readings: readonly Reading[]): string {
  const read = readings.filter(({ row }) => row >= 0);
  if (read.length === 0) return 'No points yet.';
  return read
    .map(({ run, step, loss, heldLoss, accuracy }) => {
      const parts = [
        Number.isNaN(loss) ? undefined : `training loss ${digits(loss)}`,
        Number.isNaN(heldLoss) ? undefined : `held-out loss ${digits(heldLoss)}`,
        Number.isNaN(accuracy) ? undefined : `${percent(accuracy)} of tokens right`,
      ].filter((part) => part !== undefined);
      return `${run.label}, step ${step}: ${parts.length > 0 ? list(parts) : 'no numbers'}.`;
    })
    .join(' ');
}
