/** All orders of a short list. */

/** Visits every order of the values by Heap's exchanges; the array passed is reused. */
export function forEachOrder(
  values: ArrayLike<number>,
  visit: (order: Float64Array) => void,
): void {
  const order = Float64Array.from(values);
  const counters = new Int32Array(order.length);
  visit(order);
  for (let i = 1; i < order.length;) {
    if (counters[i]! < i) {
      const j = i % 2 === 0 ? 0 : counters[i]!;
      [order[i], order[j]] = [order[j]!, order[i]!];
      visit(order);
      counters[i]!++;
      i = 1;
    } else counters[i++] = 0;
  }
}
