/** Page's test: do several blocks (seeds) rank some sets in the order that was predicted? */
import { normalTail } from './normal.ts';
import { forEachOrder } from './orders.ts';
import { rank } from './ranks.ts';

export interface PageTrend {
  /** Σ over sets of predicted place times rank sum. */
  L: number;
  expected: number;
  variance: number;
  z: number;
  /** One-sided: a larger L than chance would give. */
  p: number;
  /** True when p counts every order of every block, false for the normal approximation. */
  exact: boolean;
}

/** 8! = 40,320 orders of one block are counted out. */
const ENUMERATE_UP_TO = 8;
const MOST_BLOCKS = 100;

/**
 * Page's trend test of `blocks` × sets, the sets in their predicted order from lowest to highest.
 * Exact for up to 8 sets without ties. It says these sets are ordered beyond the noise between blocks, not that the order holds for others.
 * @throws RangeError when there are fewer than two sets or blocks differ in length.
 */
export function pageTrend(blocks: readonly (readonly number[])[]): PageTrend {
  const K = blocks[0]?.length ?? 0;
  if (K < 2 || blocks.some((block) => block.length !== K)) {
    throw new RangeError('Page’s test needs blocks of one length, with at least two sets.');
  }
  const S = blocks.length;
  const rankings = blocks.map(rank);
  const L = rankings.reduce((sum, { ranks }) => sum + trend(ranks), 0);
  const expected = (S * K * (K + 1) ** 2) / 4;
  const variance = (S * K ** 2 * (K + 1) ** 2 * (K - 1)) / 144;
  const z = (L - expected) / Math.sqrt(variance);
  const tied = rankings.some(({ ties }) => ties.length > 0);
  const exact = !tied && K <= ENUMERATE_UP_TO && S <= MOST_BLOCKS;
  return { L, expected, variance, z, p: exact ? exactTail(L, K, S) : normalTail(z), exact };
}

/** Σ k·r_k over the places k = 1 … K. */
function trend(ranks: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < ranks.length; k++) sum += (k + 1) * ranks[k]!;
  return sum;
}

/** P(L ≥ observed), from the distribution of one block convolved S times. */
function exactTail(observed: number, K: number, S: number): number {
  const identity = Array.from({ length: K }, (_, k) => k + 1);
  const most = trend(identity);
  const block = new Float64Array(most + 1);
  let orders = 0;
  forEachOrder(identity, (order) => {
    block[trend(order)]!++;
    orders++;
  });
  let sums = Float64Array.of(1);
  for (let s = 0; s < S; s++) {
    const next = new Float64Array(sums.length + most);
    for (let a = 0; a < sums.length; a++) {
      if (sums[a] === 0) continue;
      for (let b = 0; b <= most; b++) next[a + b]! += (sums[a]! * block[b]!) / orders;
    }
    sums = next;
  }
  return Math.min(
    1,
    sums.slice(observed).reduce((sum, probability) => sum + probability, 0),
  );
}
