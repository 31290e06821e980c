/** Low-rank parts of a weight: against their definitions, on matrices whose decomposition is known. */
import { describe, expect, it } from 'vitest';
import { largestDirections, leadingRows, type LowRank } from '../../src/exchange/base-change.ts';
import { createRandom } from '../../src/random.ts';

const random = createRandom(7);
const gaussian = (length: number) =>
  Float32Array.from({ length }, () =>
    Array.from({ length: 12 }, () => random.uniform()).reduce((sum, value) => sum + value, -6),
  );

function product({ a, b }: LowRank, rows: number, columns: number): Float64Array {
  const rank = a.length / columns;
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b[row * rank + k]! * a[k * columns + column]!;
    return sum;
  });
}

const norm = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));

describe('the largest singular directions', () => {
  it.each([
    [48, 32, 4],
    [32, 48, 4],
    [40, 40, 40],
    [6, 5, 1],
  ])('of a matrix of low rank are the matrix: %i × %i, rank %i', (rows, columns, rank) => {
    const low = { a: gaussian(rank * columns), b: gaussian(rows * rank) };
    const whole = Float32Array.from(product(low, rows, columns));
    const used = Math.min(rank, rows, columns);
    const found = product(largestDirections(whole, rows, columns, used), rows, columns);
    expect(norm(found.map((value, i) => value - whole[i]!)) / norm(whole)).toBeLessThan(2e-6);
  });

  it.each([
    [96, 64, 5],
    [64, 96, 5],
    [8, 16, 3],
    [16, 8, 3],
  ])('leave a smaller, orthogonal rest: %i × %i, rank %i', (rows, columns, rank) => {
    const whole = gaussian(rows * columns);
    const low = largestDirections(whole, rows, columns, rank);
    const part = product(low, rows, columns);
    const rest = Float32Array.from(whole, (value, i) => value - part[i]!);
    // ‖W‖² = ‖part‖² + ‖rest‖² holds for a projection on singular directions.
    expect((norm(part) ** 2 + norm(rest) ** 2) / norm(whole) ** 2).toBeCloseTo(1, 6);
    const next = product(largestDirections(rest, rows, columns, 1), rows, columns);
    // The smallest direction taken out: the length of its row of A times its column of B.
    const column = Float32Array.from({ length: rows }, (_, row) => low.b[row * rank + rank - 1]!);
    const last = norm(low.a.subarray((rank - 1) * columns)) * norm(column);
    expect(norm(next)).toBeLessThan(last);
    expect(norm(next)).toBeGreaterThan(0.5 * last);
  });

  it('of equal singular values and of nothing do not fail', () => {
    const identity = Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 1 : 0));
    expect(norm(product(largestDirections(identity, 8, 8, 3), 8, 8)) ** 2).toBeCloseTo(3, 5);
    expect(norm(product(largestDirections(new Float32Array(64), 8, 8, 3), 8, 8))).toBe(0);
  });
});

it('the leading rows of QR agree with the matrix in its first columns', () => {
  const [rows, columns, rank] = [24, 16, 5];
  const whole = gaussian(rows * columns);
  const part = product(leadingRows(whole, rows, columns, rank), rows, columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < rank; column++) {
      const at = row * columns + column;
      expect(part[at]).toBeCloseTo(whole[at]!, 5);
    }
  }
});
