/** Exponential smoothing of a noisy curve. */

export interface Smoothed {
  values: Float64Array;
  /** Indices of points that are not finite: left out of the average, to be marked. */
  notFinite: number[];
}

/**
 * De-biased exponential moving average: s ← w·s + (1 − w)·x, shown as s / (1 − wⁿ) after n points, so
 * that the curve starts at its first value instead of near 0. Non-finite points are skipped and give
 * NaN.
 * @param weight w, from 0 (as it is) to below 1.
 */
export function smooth(values: ArrayLike<number>, weight: number): Smoothed {
  if (!(weight >= 0 && weight < 1)) {
    throw new RangeError(`Smoothing lies from 0 to below 1, not at ${weight}.`);
  }
  const smoothed = new Float64Array(values.length);
  const notFinite: number[] = [];
  let average = 0;
  let remaining = 1; // wⁿ
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (!Number.isFinite(x)) {
      smoothed[i] = NaN;
      notFinite.push(i);
      continue;
    }
    average = weight * average + (1 - weight) * x;
    remaining *= weight;
    smoothed[i] = average / (1 - remaining);
  }
  return { values: smoothed, notFinite };
}
