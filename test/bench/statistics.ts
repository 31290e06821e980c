/** Medians, quartiles and slopes of measured numbers. */
import { linearRegression, quantile } from 'simple-statistics';

export interface Spread {
  median: number;
  q1: number;
  q3: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const of = (p: number) => quantile([...values], p);
  return { median: of(0.5), q1: of(0.25), q3: of(0.75) };
}

/** Least-squares change per step. */
export function slope(values: readonly number[]): number {
  return linearRegression(values.map((value, i) => [i, value])).m;
}
