/** Round numbers for an axis, 1, 2 or 5 times a power of ten, and how they are written. */
import { digits } from '../format.ts';

/** About `wanted` ticks within [from, to], evenly spaced. */
export function linearTicks(from: number, to: number, wanted: number): number[] {
  if (!(to > from)) return Number.isFinite(from) ? [from] : [];
  const rough = (to - from) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(from / step - TOLERANCE);
  const last = Math.floor(to / step + TOLERANCE);
  // Products, not sums: adding up a step collects its rounding error.
  return Array.from({ length: last - first + 1 }, (_, i) => clean((first + i) * step));
}

/** Ticks of a logarithmic axis within [from, to], from > 0: powers of ten, and 2 and 5 between them
 * where there is room. */
export function logTicks(from: number, to: number, wanted: number): number[] {
  if (!(from > 0 && to >= from)) return [];
  const choices = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 8]];
  const low = Math.floor(Math.log10(from));
  const high = Math.ceil(Math.log10(to));
  const ticksOf = (factors: readonly number[]): number[] => {
    const ticks: number[] = [];
    for (let power = low; power <= high; power++) {
      for (const factor of factors) {
        const tick = clean(factor * 10 ** power);
        if (tick >= from * (1 - TOLERANCE) && tick <= to * (1 + TOLERANCE)) ticks.push(tick);
      }
    }
    return ticks;
  };
  const all = choices.map(ticksOf);
  // The densest that still fits; a range within two such ticks is labeled as a linear one.
  const fitting = all.findLast((ticks) => ticks.length <= Math.max(2, wanted)) ?? all[0]!;
  if (fitting.length >= 2) return fitting;
  return linearTicks(from, to, wanted);
}

const TOLERANCE = 1e-9;

function clean(value: number): number {
  return Number(value.toPrecision(12));
}

/** A tick without trailing zeros; long ones in thousands or with an exponent. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${shortest(value / 1e6)}M`;
  if (size >= 1e4) return `${shortest(value / 1e3)}k`;
  if (size !== 0 && size < 1e-4) return digits(value, 1);
  return shortest(value);
}

function shortest(value: number): string {
  return String(Number(value.toPrecision(4))).replace('-', '−');
}

/** A share as a percentage, with the decimals that tell ticks apart. */
export function percentLabel(share: number): string {
  return `${shortest(100 * share)} %`;
}
