/** Reading shapes and lists without a doubt whether the place asked for is there. */

interface Shaped {
  readonly shape: readonly number[];
}

/** Number of values in a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/**
 * Rows and columns of a matrix.
 * @throws RangeError when the tensor is not one
 */
export function matrixShape({ shape }: Shaped): [rows: number, columns: number] {
  const [rows, columns, ...more] = shape;
  if (rows === undefined || columns === undefined || more.length > 0) {
    throw new RangeError(`Expected a matrix, got a tensor of shape [${shape.join(', ')}].`);
  }
  return [rows, columns];
}

/** Size of the first axis. */
export function lengthOf({ shape }: Shaped): number {
  return at(shape, 0);
}

/**
 * The item at `index`; for a few items, not for loops over the values of a tensor.
 * @throws RangeError when there is none
 */
export function at<T>(list: ArrayLike<T | undefined>, index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`No item ${index} in a list of ${list.length}.`);
  return item;
}
