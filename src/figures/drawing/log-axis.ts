/** A logarithmic axis from 1 up: positions, ticks at 1, 2, 5 and their tens, and counts along it. */

export interface LogAxis {
  /** Where a value lies, in pixels; values outside are held at the ends. */
  at: (value: number) => number;
  ticks: readonly number[];
  max: number;
}

const STEPS = [1, 2, 5] as const;
/** Room a tick's label needs along a lying and along a standing axis, pixels. */
const TICK_ROOM = 52;
const STANDING_ROOM = 30;

/**
 * An axis from 1 to the first of 2, 5, 10, 20, … that holds every finite value, over `width` pixels
 * from `left`; a negative width is an axis that stands, upward. Ticks that would crowd their labels
 * are left out, the tens last.
 */
export function logAxis(values: readonly number[], left: number, width: number): LogAxis {
  const largest = values.reduce((most, v) => (Number.isFinite(v) && v > most ? v : most), 1);
  const all: number[] = [];
  for (let power = 0; all.length === 0 || all.at(-1)! < Math.max(2, largest); power++) {
    for (const step of STEPS) {
      if (all.length > 0 && all.at(-1)! >= Math.max(2, largest)) break;
      all.push(step * 10 ** power);
    }
  }
  const max = all.at(-1)!;
  const scale = width / Math.log(max);
  const at = (value: number): number => left + Math.log(Math.min(max, Math.max(1, value))) * scale;
  const room = width > 0 ? TICK_ROOM : STANDING_ROOM;
  const roomy = (ticks: number[]): boolean =>
    ticks.every((tick, i) => i === 0 || Math.abs(at(tick) - at(ticks[i - 1]!)) >= room);
  const tens = all.filter((tick) => Number.isInteger(Math.log10(tick)));
  const ticks = [all, [...new Set([...tens, max])], tens].find(roomy) ?? [1, max];
  return { at, ticks, max };
}

/** How many values fall into each of `bins` equal stretches of the axis (equal on the log scale). */
export function logHistogram(values: readonly number[], max: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    const share = Math.log(Math.max(1, value)) / Math.log(max);
    counts[Math.min(bins - 1, Math.floor(share * bins))]!++;
  }
  return counts;
}

/** Outline of a histogram as steps, closed along its foot; heights are counts times `unit`. */
export function stepsPath(
  counts: readonly number[],
  { left, foot, width, unit }: { left: number; foot: number; width: number; unit: number },
): string {
  const bin = width / counts.length;
  const from = counts.findIndex((n) => n > 0);
  if (from < 0) return '';
  const to = counts.findLastIndex((n) => n > 0);
  let path = `M${round(left + from * bin)} ${round(foot)}`;
  for (let i = from; i <= to; i++) {
    path += `V${round(foot - counts[i]! * unit)}H${round(left + (i + 1) * bin)}`;
  }
  return `${path}V${round(foot)}z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
