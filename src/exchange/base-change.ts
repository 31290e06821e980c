/**
 * What some initializations of LoRA take out of the base weights, as matrices of low rank. PEFT redoes
 * it when it opens such an adapter: PiSSA (Meng et al. 2024) takes out the largest singular directions,
 * OLoRA (Büyükakyüz 2024) the first rows of the QR decomposition. Computed in float64.
 */

/** B·A of what is taken out: A [rank, columns], B [rows, rank]. */
export interface LowRank {
  a: Float32Array;
  b: Float32Array;
}

type Vector = Float64Array;

/**
 * U·S·Vᵀ of the `rank` largest singular values of W [rows, columns], by Golub–Kahan bidiagonalization with
 * full reorthogonalization, until the residual of each is below 1e-10 of the largest.
 */
export function largestDirections(
  weight: Float32Array,
  rows: number,
  columns: number,
  rank: number,
): LowRank {
  // Once the basis of the columns is whole, the decomposition is exact: so they must be the fewer.
  if (rows < columns) {
    const turned = largestDirections(transposed(weight, rows, columns), columns, rows, rank);
    return { a: transposed(turned.b, columns, rank), b: transposed(turned.a, rank, rows) };
  }
  const most = columns;
  const us: Vector[] = [];
  const vs: Vector[] = [];
  const alphas: number[] = [];
  const betas: number[] = [];
  let next = freshVector(columns, vs);
  let until = Math.min(most, 2 * rank + 24);
  for (;;) {
    while (us.length < until) {
      vs.push(next);
      const u = times(weight, rows, columns, next);
      alphas.push(orthogonalize(u, us) ? normalize(u) : 0);
      us.push(alphas.at(-1)! > 0 ? u : freshVector(rows, us));
      next = timesTransposed(weight, rows, columns, us.at(-1)!);
      const goesOn = orthogonalize(next, vs);
      betas.push(goesOn ? normalize(next) : 0);
      if (!goesOn) next = freshVector(columns, vs);
    }
    const small = bidiagonalSvd(alphas, betas);
    const largest = small.order.slice(0, rank);
    const residual = (i: number) => Math.abs(betas.at(-1)! * small.left[i]!.at(-1)!);
    const scale = small.values[largest[0]!]!;
    if (until === most || largest.every((i) => residual(i) <= 1e-10 * scale)) {
      return expand(us, vs, small, largest, rows, columns);
    }
    until = Math.min(most, Math.ceil(1.5 * until));
  }
}

/** Q·R cut to the first `rank` columns of Q and rows of R, for W [rows, columns] = Q·R. */
export function leadingRows(
  weight: Float32Array,
  rows: number,
  columns: number,
  rank: number,
): LowRank {
  const qs: Vector[] = [];
  for (let k = 0; k < rank; k++) {
    const column = Float64Array.from({ length: rows }, (_, row) => weight[row * columns + k]!);
    if (orthogonalize(column, qs)) {
      normalize(column);
      qs.push(column);
    } else qs.push(freshVector(rows, qs));
  }
  const a = new Float32Array(rank * columns);
  const b = new Float32Array(rows * rank);
  qs.forEach((q, k) => {
    a.set(timesTransposed(weight, rows, columns, q), k * columns);
    for (let row = 0; row < rows; row++) b[row * rank + k] = q[row]!;
  });
  return { a, b };
}

interface SmallSvd {
  values: number[];
  /** Left and right vectors of each value. */
  left: Vector[];
  right: Vector[];
  /** Indices, largest value first. */
  order: number[];
}

/** SVD of the upper bidiagonal matrix with these diagonals, by one-sided Jacobi on its columns. */
function bidiagonalSvd(alphas: readonly number[], betas: readonly number[]): SmallSvd {
  const size = alphas.length;
  const columns = alphas.map((alpha, j) => {
    const column = new Float64Array(size);
    column[j] = alpha;
    if (j > 0) column[j - 1] = betas[j - 1]!;
    return column;
  });
  const right = alphas.map((_, j) =>
    Float64Array.from({ length: size }, (_, i) => (i === j ? 1 : 0)),
  );
  for (let sweep = 0; sweep < 60; sweep++) {
    let turned = false;
    for (let i = 0; i < size; i++) {
      for (let j = i + 1; j < size; j++) {
        turned = rotate(columns[i]!, columns[j]!, right[i]!, right[j]!) || turned;
      }
    }
    if (!turned) break;
  }
  const values = columns.map((column) => Math.sqrt(dot(column, column)));
  const left = columns.map((column, i) =>
    column.map((value) => (values[i]! > 0 ? value / values[i]! : 0)),
  );
  // The j-th right vector is the j-th column of the product of all rotations.
  const order = values.map((_, i) => i).sort((i, j) => values[j]! - values[i]!);
  return { values, left, right, order };
}

/** Makes columns x and y orthogonal, and turns p and q with them; false when they already are. */
function rotate(x: Vector, y: Vector, p: Vector, q: Vector): boolean {
  const [xx, yy, xy] = [dot(x, x), dot(y, y), dot(x, y)];
  if (Math.abs(xy) <= 1e-15 * Math.sqrt(xx * yy)) return false;
  const zeta = (yy - xx) / (2 * xy);
  const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = cosine * tangent;
  for (const [left, right] of [
    [x, y],
    [p, q],
  ] as const) {
    for (let i = 0; i < left.length; i++) {
      const [a, b] = [left[i]!, right[i]!];
      left[i] = cosine * a - sine * b;
      right[i] = sine * a + cosine * b;
    }
  }
  return true;
}

function expand(
  us: readonly Vector[],
  vs: readonly Vector[],
  { values, left, right }: SmallSvd,
  chosen: readonly number[],
  rows: number,
  columns: number,
): LowRank {
  const rank = chosen.length;
  const a = new Float32Array(rank * columns);
  const b = new Float32Array(rows * rank);
  chosen.forEach((index, k) => {
    const v = combine(vs, right[index]!, columns);
    const u = combine(us, left[index]!, rows);
    for (let i = 0; i < columns; i++) a[k * columns + i] = values[index]! * v[i]!;
    for (let i = 0; i < rows; i++) b[i * rank + k] = u[i]!;
  });
  return { a, b };
}

function combine(basis: readonly Vector[], weights: Vector, length: number): Vector {
  const sum = new Float64Array(length);
  basis.forEach((vector, j) => {
    for (let i = 0; i < length; i++) sum[i]! += weights[j]! * vector[i]!;
  });
  return sum;
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) result[i * rows + row] = matrix[row * columns + i]!;
  }
  return result;
}

/** W·x */
function times(weight: Float32Array, rows: number, columns: number, x: Vector): Vector {
  const y = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += weight[row * columns + i]! * x[i]!;
    y[row] = sum;
  }
  return y;
}

/** Wᵀ·x */
function timesTransposed(weight: Float32Array, rows: number, columns: number, x: Vector): Vector {
  const y = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const factor = x[row]!;
    for (let i = 0; i < columns; i++) y[i]! += factor * weight[row * columns + i]!;
  }
  return y;
}

function dot(x: Vector, y: Vector): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** Takes the directions of an orthonormal basis out of x, twice; false when next to nothing is left. */
function orthogonalize(x: Vector, basis: readonly Vector[]): boolean {
  const before = Math.sqrt(dot(x, x));
  for (let pass = 0; pass < 2; pass++) {
    for (const vector of basis) {
      const share = dot(x, vector);
      for (let i = 0; i < x.length; i++) x[i]! -= share * vector[i]!;
    }
  }
  return Math.sqrt(dot(x, x)) > 1e-12 * before;
}

/** Brings x to length 1 and returns its length before. */
function normalize(x: Vector): number {
  const length = Math.sqrt(dot(x, x));
  for (let i = 0; i < x.length; i++) x[i]! /= length;
  return length;
}

/** A unit vector orthogonal to the basis, the same at every call with that basis. */
function freshVector(length: number, basis: readonly Vector[]): Vector {
  for (let attempt = 1; ; attempt++) {
    const seed = attempt + basis.length;
    const x = Float64Array.from(
      { length },
      (_, i) => (((i + 1) * 0.6180339887498949 * seed + 0.37 * seed) % 1) - 0.5,
    );
    if (basis.length >= length) return x;
    if (orthogonalize(x, basis)) {
      normalize(x);
      return x;
    }
  }
}
