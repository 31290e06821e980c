/** Axes of figures: where a value lies, which ticks are labeled, and their drawing below or at the left. */
import { linearTicks, logTicks, tickLabel } from './ticks.ts';
import { logAxis } from './log-axis.ts';
import { hairline, line, text, type Shape } from './shapes.ts';

export interface Axis {
  /** Pixels. */
  at: (value: number) => number;
  ticks: readonly number[];
  label: (tick: number) => string;
}

/** Pixels from `start` to `end`; `end` lies above `start` on an axis that stands. */
interface Place {
  start: number;
  end: number;
  label?: (tick: number) => string;
}

/** Room that a tick's label needs along a lying and along a standing axis, pixels. */
const LYING_ROOM = 72;
const STANDING_ROOM = 36;

/** @param range values at the two ends; an empty range is widened */
export function linearAxis(
  { from, to }: { from: number; to: number },
  { start, end, label = tickLabel }: Place,
): Axis {
  const [low, high] = to > from ? [from, to] : [from - 0.5, from + 0.5];
  const length = Math.abs(end - start);
  const room = end >= start ? LYING_ROOM : STANDING_ROOM;
  return {
    at: (value) => start + ((value - low) / (high - low)) * (end - start),
    ticks: linearTicks(low, high, Math.max(2, Math.floor(length / room))),
    label,
  };
}

/** From 1 to `max`, logarithmic: for perplexities. */
export function perplexityAxis(
  values: readonly number[],
  { start, end }: Place,
): Axis & { max: number } {
  return { ...logAxis(values, start, end - start), label: perplexityLabel };
}

/** Only as far as the values reach, logarithmic: for perplexities that lie close together. */
export function closePerplexityAxis(values: readonly number[], { start, end }: Place): Axis {
  const { from, to } = padded(
    values.map((value) => Math.log(value)),
    { share: 0.12, hold: [0, Infinity] },
  );
  const room = end >= start ? LYING_ROOM : STANDING_ROOM;
  const most = Math.floor(Math.abs(end - start) / room);
  const [low, high] = [Math.exp(from), Math.exp(to)];
  return {
    at: (value) => start + ((Math.log(value) - from) / (to - from)) * (end - start),
    ticks: high < 4 * low ? linearTicks(low, high, most) : logTicks(low, high, most),
    label: perplexityLabel,
  };
}

const perplexityLabel = (tick: number): string =>
  tick >= 1e6 ? tick.toExponential(0).replace('e+', 'e') : tick.toLocaleString('en-US');

/** A little room at both ends of some values; `hold` keeps the ends within bounds. */
export function padded(
  values: readonly number[],
  { hold = [-Infinity, Infinity], share = 0.06 }: { hold?: [number, number]; share?: number } = {},
): { from: number; to: number } {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return { from: 0, to: 1 };
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const room = (high - low || Math.abs(high) || 1) * share;
  return { from: Math.max(hold[0], low - room), to: Math.min(hold[1], high + room) };
}

/** Height of labels and title below a lying axis, pixels. */
export const AXIS_HEIGHT = 52;

export interface Below {
  /** Where grid lines begin and end. */
  top: number;
  foot: number;
  /** Middle of the title. */
  middle: number;
  title: string;
}

export function axisBelow({ at, ticks, label }: Axis, place: Below): Shape[] {
  const { top, foot, middle, title } = place;
  return [
    ...ticks.flatMap((tick) => [
      line(at(tick), top, at(tick), foot, { color: hairline }),
      text(at(tick), foot + 20, label(tick), { anchor: 'middle', soft: true }),
    ]),
    text(middle, foot + 44, title, { anchor: 'middle', soft: true }),
  ];
}

/** Grid lines across from `left` to `right`, labels before them. */
export function axisLeft(
  { at, ticks, label }: Axis,
  { left, right }: { left: number; right: number },
): Shape[] {
  return ticks.flatMap((tick) => [
    line(left, at(tick), right, at(tick), { color: hairline }),
    text(left - 8, at(tick) + 5, label(tick), { anchor: 'end', soft: true }),
  ]);
}
