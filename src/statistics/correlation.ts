/** Correlation of ranks, with other variables held fixed when asked. */
import { rank } from './ranks.ts';
import { mean } from './summary.ts';

/** Pearson's correlation; NaN when a variable does not vary or there are fewer than two points. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = samePoints(x, y);
  const meanX = mean(Array.from(x));
  const meanY = mean(Array.from(y));
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  if (xx === 0 || yy === 0) return NaN;
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/** Spearman's rho: Pearson's correlation of average ranks. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  samePoints(x, y);
  return pearson(rank(x).ranks, rank(y).ranks);
}

/**
 * Correlation of x and y with z held fixed:
 * (r_xy − r_xz·r_yz) / √((1 − r_xz²)(1 − r_yz²)); undefined when the denominator is zero.
 */
export function partialCorrelation(rxy: number, rxz: number, ryz: number): number | undefined {
  const denominator = Math.sqrt((1 - rxz * rxz) * (1 - ryz * ryz));
  // Correlations of ±1 come out of rounding as 1 − 1e-16.
  return denominator > 1e-7 ? (rxy - rxz * ryz) / denominator : undefined;
}

/**
 * Spearman's rho of x and y with one or two controls held fixed, by recursion on the first-order
 * partials. Undefined when a variable does not vary or is a control in disguise: show "not defined",
 * never 0. With a handful of points it is descriptive only.
 */
export function partialSpearman(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  controls: readonly [ArrayLike<number>] | readonly [ArrayLike<number>, ArrayLike<number>],
): number | undefined {
  const [z, w] = controls;
  const given = (a: ArrayLike<number>, b: ArrayLike<number>): number | undefined =>
    partialCorrelation(spearman(a, b), spearman(a, z), spearman(b, z));
  const xy = given(x, y);
  if (w === undefined) return xy;
  const xw = given(x, w);
  const yw = given(y, w);
  if (xy === undefined || xw === undefined || yw === undefined) return undefined;
  return partialCorrelation(xy, xw, yw);
}

function samePoints(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length) {
    throw new RangeError(`Points need equal lists, not ${x.length} and ${y.length} values.`);
  }
  return x.length;
}
