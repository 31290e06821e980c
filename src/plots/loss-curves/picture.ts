/**
 * From logs to what one chart draws, in data units: few enough points for its pixels, lines that
 * break where a run was resumed, marks where a number was none, and ranges that hold it all.
 */
import { downsampleMinMax } from '../../metrics/downsample.ts';
import { smooth } from '../../metrics/smoothing.ts';
import { curveAxes, metricOf, type CurveMetric, type CurveRun, type CurveView } from './curves.ts';
import { linearTicks, logTicks, percentLabel, tickLabel } from '../../figures/drawing/ticks.ts';

export interface CurveLine {
  readonly run: CurveRun;
  /** raw: behind its smoothed line; main: the line itself; held: measured now and then, with points. */
  readonly kind: 'raw' | 'main' | 'held';
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Indices at which the pen is lifted: a new segment begins. */
  readonly starts: readonly number[];
}

export interface CurveMark {
  readonly run: CurveRun;
  readonly kind: 'not-a-number' | 'resumed';
  readonly x: number;
  readonly text: string;
}

export interface Picture {
  readonly lines: readonly CurveLine[];
  readonly marks: readonly CurveMark[];
  /** A level to compare with, such as the loss of guessing. */
  readonly reference: { readonly y: number; readonly text: string } | undefined;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly yLabels: readonly string[];
  readonly logarithmic: boolean;
}

export interface PictureOptions {
  metric: CurveMetric;
  view: CurveView;
  /** Size of the plotting area, CSS pixels. */
  width: number;
  height: number;
  /** Only drawn while it does not flatten the curves. */
  reference?: { y: number; text: string } | undefined;
}

const TICK_WIDTH = 90;
const TICK_HEIGHT = 44;
/** Room above and below the curves, as a share of their range. */
const HEADROOM = 0.05;

export function pictureOf(runs: readonly CurveRun[], options: PictureOptions): Picture {
  const { metric, view, width, height } = options;
  const x = xRange(runs, view);
  const lines = runs.flatMap((run) => linesOf(run, metric, view, x, width));
  const y = yRange(lines, view.logarithmic, options.reference?.y);
  const reference =
    options.reference !== undefined && options.reference.y <= y[1] ? options.reference : undefined;
  const ticks = view.logarithmic ? logTicks : linearTicks;
  const yTicks = ticks(y[0], y[1], Math.max(2, Math.floor(height / TICK_HEIGHT)));
  return {
    lines,
    marks: runs.flatMap((run) => marksOf(run, view, x)),
    reference,
    x,
    y,
    xTicks: linearTicks(x[0], x[1], Math.max(2, Math.floor(width / TICK_WIDTH))),
    yTicks,
    yLabels: yTicks.map(metricOf(metric).share === true ? percentLabel : tickLabel),
    logarithmic: view.logarithmic,
  };
}

function xRange(runs: readonly CurveRun[], view: CurveView): readonly [number, number] {
  if (view.zoom !== undefined) return view.zoom;
  const { column } = curveAxes[view.axis];
  let end = 0;
  for (const { log, live } of runs) {
    if (log.length === 0) continue;
    end = Math.max(end, log.at(column, log.length - 1));
    // A live run is drawn toward its end, so that the axis does not crawl.
    if (live && view.axis === 'step') end = Math.max(end, log.at('totalSteps', log.length - 1));
  }
  return [0, end > 0 ? end : 1];
}

function linesOf(
  run: CurveRun,
  metric: CurveMetric,
  view: CurveView,
  x: readonly [number, number],
  width: number,
): CurveLine[] {
  const { line, held, smoothed } = metricOf(metric);
  const lines: CurveLine[] = [];
  const add = (kind: CurveLine['kind'], values: Float64Array): void => {
    const drawn = thin(run, values, view, x, width);
    if (drawn.x.length > 0) lines.push({ run, kind, ...drawn });
  };
  if (line !== undefined) {
    const values = run.log.column(line);
    if (smoothed && view.smoothing > 0) {
      add('raw', values);
      add('main', smooth(values, view.smoothing).values);
    } else add('main', values);
  }
  if (held !== undefined) add('held', run.log.column(held));
  return lines;
}

function thin(
  { log, resumedAt }: CurveRun,
  values: Float64Array,
  view: CurveView,
  [from, to]: readonly [number, number],
  width: number,
): { x: Float64Array; y: Float64Array; starts: number[] } {
  const xs = log.column(curveAxes[view.axis].column);
  const steps = log.column('step');
  let kept = downsampleMinMax(xs, values, { from, to, pixels: Math.max(1, Math.floor(width)) });
  if (view.logarithmic) kept = kept.filter((i) => values[i]! > 0);
  const x = new Float64Array(kept.length);
  const y = new Float64Array(kept.length);
  const starts: number[] = [];
  kept.forEach((row, i) => {
    x[i] = xs[row]!;
    y[i] = values[row]!;
    const before = i === 0 ? -1 : steps[kept[i - 1]!]!;
    const resumed = resumedAt.some((step) => before <= step && steps[row]! > step);
    if (i === 0 || resumed) starts.push(i);
  });
  return { x, y, starts };
}

function marksOf(
  run: CurveRun,
  view: CurveView,
  [from, to]: readonly [number, number],
): CurveMark[] {
  const { log, resumedAt, divergedAt } = run;
  const marks: CurveMark[] = [];
  const add = (kind: CurveMark['kind'], x: number, text: string): void => {
    if (x >= from && x <= to) marks.push({ run, kind, x, text });
  };
  for (const step of resumedAt) add('resumed', xOfStep(run, view, step), `resumed at step ${step}`);
  if (divergedAt !== undefined) {
    add('not-a-number', xOfStep(run, view, divergedAt), `not a number at step ${divergedAt}`);
  }
  const loss = log.column('loss');
  const steps = log.column('step');
  for (let row = 0; row < loss.length; row++) {
    const step = steps[row]!;
    // Step 0 reports the model before training, which has no training loss.
    if (step === 0 || Number.isFinite(loss[row]) || step === divergedAt) continue;
    add('not-a-number', log.at(curveAxes[view.axis].column, row), `not a number at step ${step}`);
  }
  return marks;
}

/** Where a step lies on the axis: at its report, or the nearest before it. */
function xOfStep({ log }: CurveRun, view: CurveView, step: number): number {
  if (view.axis === 'step') return step;
  const row = rowAt(log.column('step'), step);
  return row < 0 ? 0 : log.at(curveAxes[view.axis].column, row);
}

/** Last index whose value is at most `at`; -1 before the first. `values` ascend. */
export function rowAt(values: Float64Array, at: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function yRange(
  lines: readonly CurveLine[],
  logarithmic: boolean,
  reference: number | undefined,
): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const { y } of lines) {
    for (const value of y) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return logarithmic ? [0.1, 10] : [0, 1];
  // The reference is worth its room while the curves keep two thirds of the height.
  if (reference !== undefined && reference > high && reference - low < 1.5 * (high - low)) {
    high = reference;
  }
  if (logarithmic) {
    const room = Math.max((high / low) ** HEADROOM, 1.02);
    return [low / room, high * room];
  }
  // Losses, norms and shares are read against zero where it is near.
  const near = low >= 0 && low < 0.4 * high;
  const range = high - (near ? 0 : low) || Math.abs(high) || 1;
  return [near ? 0 : low - HEADROOM * range, high + HEADROOM * range];
}
