/** Fewer points for the same picture: the extremes of each pixel column, so that no spike is lost. */

export interface Viewport {
  from: number;
  to: number;
  /** Width of the plot. */
  pixels: number;
}

/**
 * Indices of the points to draw, ascending: the lowest and highest finite y of each pixel column
 * between `from` and `to`, the first and last point in view, and one finite neighbor on either side
 * so that lines run on to the edge.
 * @param x ascending.
 */
export function downsampleMinMax(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { from, to, pixels }: Viewport,
): Int32Array {
  const kept: number[] = [];
  let before: number | undefined;
  let first: number | undefined;
  let last: number | undefined;
  let column = -1;
  let low = -1;
  let high = -1;
  const flush = (): void => {
    if (low >= 0) kept.push(Math.min(low, high), Math.max(low, high));
    low = high = -1;
  };
  const scale = to > from ? pixels / (to - from) : 0;
  let after: number | undefined;
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(y[i]!)) continue;
    if (x[i]! < from) {
      before = i;
      continue;
    }
    if (x[i]! > to) {
      after = i;
      break;
    }
    const here = Math.min(pixels - 1, Math.floor((x[i]! - from) * scale));
    if (here !== column) {
      flush();
      column = here;
    }
    if (low < 0 || y[i]! < y[low]!) low = i;
    if (high < 0 || y[i]! > y[high]!) high = i;
    first ??= i;
    last = i;
  }
  flush();
  const edges = [before, first, last, after].filter((i) => i !== undefined);
  return Int32Array.from(new Set([...kept, ...edges])).sort();
}
