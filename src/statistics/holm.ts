/** Holm's correction for several tests. */

/**
 * Adjusted p-values in the order given: the k-th smallest of m is multiplied by m − k + 1 and never
 * falls below a smaller one.
 */
export function holmAdjust(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((index, k) => {
    largest = Math.max(largest, Math.min(1, pValues[index]! * (pValues.length - k)));
    adjusted[index] = largest;
  });
  return adjusted;
}
