/** Plain summaries of a list of numbers. An empty list has none: NaN, never 0. */
import { mean as sampleMean, sampleStandardDeviation } from 'simple-statistics';

export function mean(values: readonly number[]): number {
  return values.length === 0 ? NaN : sampleMean([...values]);
}

/** Sample standard deviation, divided by n − 1; NaN for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  return values.length < 2 ? NaN : sampleStandardDeviation([...values]);
}

/** Standard deviation / √n, of a mean. */
export function standardError(values: readonly number[]): number {
  return standardDeviation(values) / Math.sqrt(values.length);
}

/**
 * The `p`-quantile, 0 ≤ p ≤ 1, by linear interpolation between order statistics (Hyndman and Fan's
 * type 7, the default of NumPy and R).
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  return quantileSorted(Float64Array.from(values).sort(), p);
}

/** As `quantile`, of values in ascending order. */
export function quantileSorted(sorted: ArrayLike<number>, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`A quantile lies between 0 and 1, not at ${p}.`);
  if (sorted.length === 0) return NaN;
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  // Equal neighbors first: infinity minus infinity would be NaN.
  return low === high ? low : low + (high - low) * (at - below);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** exp(mean of the logarithms), which long lists cannot overflow; NaN if a value is negative. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map(Math.log)));
}
