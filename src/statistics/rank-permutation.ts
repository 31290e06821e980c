/**
 * Is a rank correlation over a few points more than chance? All orders of one variable are tried
 * while they can be counted; the smallest p that so few points could give is told with the answer.
 */
import type { Random } from '../random.ts';
import { spearman } from './correlation.ts';
import { forEachOrder } from './orders.ts';
import type { PValues } from './paired.ts';
import { rank } from './ranks.ts';
import { mean } from './summary.ts';

/** 9! = 362,880 orders take a fraction of a second. */
const ENUMERATE_UP_TO = 9;
const SAMPLED_ORDERS = 10_000;
/** Orders with the observed rho must count as such in spite of rounding. */
const TOLERANCE = 1e-12;

export interface SpearmanTest {
  rho: number;
  n: number;
  p: PValues;
  exact: boolean;
  /** Orders enumerated or sampled. */
  orders: number;
  /** The p-values of the most extreme order: 1/n! without ties, more with them. */
  smallest: { oneSided: number; twoSided: number };
}

/**
 * Spearman's rho with a permutation p: exact up to 9 points, above that from sampled orders, counted
 * as (1 + extreme) / (1 + sampled). The points must be independent: average seeds first.
 * When a variable does not vary, rho and p are NaN.
 * @throws RangeError for lists of unequal length or fewer than two points.
 */
export function spearmanTest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  random: Random,
  sampledOrders = SAMPLED_ORDERS,
): SpearmanTest {
  const n = x.length;
  if (n < 2) throw new RangeError(`A correlation needs at least two points, not ${n}.`);
  const rho = spearman(x, y);
  if (Number.isNaN(rho)) {
    const undefinedP = { greater: NaN, less: NaN, twoSided: NaN };
    const smallest = { oneSided: 1, twoSided: 1 };
    return { rho, n, p: undefinedP, exact: true, orders: 0, smallest };
  }
  const a = centered(rank(x).ranks);
  const b = centered(rank(y).ranks);
  const scale = 1 / Math.sqrt(sumOf(a, a) * sumOf(b, b));
  const exact = n <= ENUMERATE_UP_TO;
  const counts = { orders: 0, greater: 0, less: 0, twoSided: 0 };
  let most = 0;
  let atMost = 0;
  let mostTwoSided = 0;
  let atMostTwoSided = 0;
  const visit = (order: Float64Array): void => {
    const value = sumOf(a, order) * scale;
    counts.orders++;
    if (value >= rho - TOLERANCE) counts.greater++;
    if (value <= rho + TOLERANCE) counts.less++;
    if (Math.abs(value) >= Math.abs(rho) - TOLERANCE) counts.twoSided++;
    if (value > most + TOLERANCE) [most, atMost] = [value, 0];
    if (value >= most - TOLERANCE) atMost++;
    if (Math.abs(value) > mostTwoSided + TOLERANCE) {
      [mostTwoSided, atMostTwoSided] = [Math.abs(value), 0];
    }
    if (Math.abs(value) >= mostTwoSided - TOLERANCE) atMostTwoSided++;
  };

  if (exact) forEachOrder(b, visit);
  else for (let s = 0; s < sampledOrders; s++) visit(Float64Array.from(random.shuffle([...b])));
  // When sampling, the observed order counts as one of the orders that could have been drawn.
  const seen = exact ? 0 : 1;
  const share = (count: number): number => (count + seen) / (counts.orders + seen);
  return {
    rho,
    n,
    p: {
      greater: share(counts.greater),
      less: share(counts.less),
      twoSided: share(counts.twoSided),
    },
    exact,
    orders: counts.orders,
    smallest: exact
      ? { oneSided: atMost / counts.orders, twoSided: atMostTwoSided / counts.orders }
      : { oneSided: 1 / (1 + counts.orders), twoSided: 1 / (1 + counts.orders) },
  };
}

export interface CellsTest {
  /** Mean rho over the cells in which it is defined. */
  rho: number;
  cells: number;
  p: PValues;
}

/**
 * Mean rho over cells (a model and a task each), with p from shuffling y within every cell.
 * Cells in which a variable does not vary are left out.
 */
export function spearmanOverCells(
  cells: readonly { x: readonly number[]; y: readonly number[] }[],
  random: Random,
  sampledOrders = SAMPLED_ORDERS,
): CellsTest {
  const defined = cells.filter(({ x, y }) => !Number.isNaN(spearman(x, y)));
  const rho = mean(defined.map(({ x, y }) => spearman(x, y)));
  const extreme = { greater: 0, less: 0, twoSided: 0 };
  for (let s = 0; s < sampledOrders && defined.length > 0; s++) {
    const value = mean(defined.map(({ x, y }) => spearman(x, random.shuffle(y))));
    if (value >= rho - TOLERANCE) extreme.greater++;
    if (value <= rho + TOLERANCE) extreme.less++;
    if (Math.abs(value) >= Math.abs(rho) - TOLERANCE) extreme.twoSided++;
  }
  const share = (count: number): number =>
    defined.length === 0 ? 1 : (1 + count) / (1 + sampledOrders);
  return {
    rho,
    cells: defined.length,
    p: {
      greater: share(extreme.greater),
      less: share(extreme.less),
      twoSided: share(extreme.twoSided),
    },
  };
}

function centered(values: Float64Array): Float64Array {
  const center = mean([...values]);
  return values.map((value) => value - center);
}

function sumOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
