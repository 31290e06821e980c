/** Ranks from 1, equal values sharing the average of the ranks they take up. */

export interface Ranking {
  ranks: Float64Array;
  /** Sizes of the groups of equal values, groups of one left out. */
  ties: number[];
}

/** Ranks in ascending order of the values; throws a RangeError for NaN, which has no rank. */
export function rank(values: ArrayLike<number>): Ranking {
  const order = Array.from({ length: values.length }, (_, i) => i);
  if (order.some((i) => Number.isNaN(values[i]))) throw new RangeError('NaN cannot be ranked.');
  order.sort((a, b) => values[a]! - values[b]! || a - b);
  const ranks = new Float64Array(values.length);
  const ties: number[] = [];
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let k = start; k < end; k++) ranks[order[k]!] = (start + 1 + end) / 2;
    if (end - start > 1) ties.push(end - start);
    start = end;
  }
  return { ranks, ties };
}
