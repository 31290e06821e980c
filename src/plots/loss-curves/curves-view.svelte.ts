/** How a group of charts is looked at: one x axis, one smoothing, one crosshair for all of them. */
import type { RunAxis, CurveRun, CurveView } from './curves.ts';
import { curveAxes } from './curves.ts';
import { nearestRow, readRun, type Reading } from './reading.ts';

export const DEFAULT_SMOOTHING = 0.6;

export class CurvesView implements CurveView {
  axis = $state<RunAxis>('step');
  logarithmic = $state(false);
  smoothing = $state(DEFAULT_SMOOTHING);
  zoom = $state.raw<readonly [number, number] | undefined>();
  /** Where the crosshair is, on the x axis; undefined: nowhere, the readings are the last ones. */
  crosshair = $state<number | undefined>();

  /** Another axis has other numbers: zoom and crosshair would point elsewhere. */
  readonly setAxis = (axis: RunAxis): void => {
    this.axis = axis;
    this.zoom = undefined;
    this.crosshair = undefined;
  };

  readings(runs: readonly CurveRun[]): Reading[] {
    return runs.map((run) => readRun(run, this.axis, this.crosshair));
  }

  /** Puts the crosshair on the nearest point of any run. */
  pointAt(runs: readonly CurveRun[], x: number): void {
    let best: number | undefined;
    for (const { log } of runs) {
      const xs = log.column(curveAxes[this.axis].column);
      const found = xs[nearestRow(xs, x)];
      if (found !== undefined && (best === undefined || Math.abs(found - x) < Math.abs(best - x))) {
        best = found;
      }
    }
    this.crosshair = best;
  }

  /** Moves the crosshair along the longest run by so many points; from the end when it is nowhere. */
  move(runs: readonly CurveRun[], by: number): void {
    const longest = runs.toSorted((a, b) => b.log.length - a.log.length)[0];
    if (longest === undefined || longest.log.length === 0) return;
    const xs = longest.log.column(curveAxes[this.axis].column);
    const now = this.crosshair === undefined ? xs.length - 1 : nearestRow(xs, this.crosshair);
    const next = Math.min(xs.length - 1, Math.max(0, now + by));
    this.crosshair = xs[next];
  }
}
