/**
 * Sums over rows, and of two tensors. Threads divide the columns, so each result is added up in
 * the order of the rows whatever the number of threads.
 */
import { fma, share, sumLanes } from './simd.as';

/** out [width] = Σ over the rows of x. */
export function columnSum(
  x: usize, out: usize, rows: i32, width: i32, part: i32, parts: i32,
): void {
  const from = <usize>share(width, part, parts, 4) * 4;
  const to = <usize>share(width, part + 1, parts, 4) * 4;
  memory.fill(out + from, 0, to - from);
  for (let row: i32 = 0; row < rows; row++) {
    const source = x + <usize>row * <usize>width * 4;
    let i = from;
    for (; i + 16 <= to; i += 16) {
      v128.store(out + i, f32x4.add(v128.load(out + i), v128.load(source + i)));
    }
    for (; i < to; i += 4) store<f32>(out + i, load<f32>(out + i) + load<f32>(source + i));
  }
}

/**
 * out [width] = Σ over the rows of dy∘x̂, the gradient of a norm's γ; x̂ is the row over its root
 * mean square, or with `centered` over its standard deviation after the mean is taken off.
 */
export function gammaGradient(
  x: usize, dy: usize, out: usize, rows: i32, width: i32, epsilon: f32, centered: i32,
  part: i32, parts: i32,
): void {
  const from = <usize>share(width, part, parts, 4) * 4;
  const to = <usize>share(width, part + 1, parts, 4) * 4;
  memory.fill(out + from, 0, to - from);
  for (let row: i32 = 0; row < rows; row++) {
    const offset = <usize>row * <usize>width * 4;
    const source = x + offset;
    const mean: f32 = centered ? sumOf(source, width) / <f32>width : 0;
    const rho: f32 = 1 / sqrt<f32>(squaresOf(source, width, mean) / <f32>width + epsilon);
    const mean4 = f32x4.splat(mean);
    const rho4 = f32x4.splat(rho);
    let i = from;
    for (; i + 16 <= to; i += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(source + i), mean4), rho4);
      v128.store(out + i, fma(v128.load(dy + offset + i), normal, v128.load(out + i)));
    }
    for (; i < to; i += 4) {
      const normal = (load<f32>(source + i) - mean) * rho;
      store<f32>(out + i, load<f32>(out + i) + load<f32>(dy + offset + i) * normal);
    }
  }
}

/** Σ x of one row. */
export function sumOf(x: usize, width: i32): f32 {
  let sums = f32x4.splat(0);
  let i: i32 = 0;
  for (; i + 4 <= width; i += 4) sums = f32x4.add(sums, v128.load(x + <usize>i * 4));
  let total = sumLanes(sums);
  for (; i < width; i++) total += load<f32>(x + <usize>i * 4);
  return total;
}

/** Σ (x − mean)² of one row. */
export function squaresOf(x: usize, width: i32, mean: f32): f32 {
  const mean4 = f32x4.splat(mean);
  let sums = f32x4.splat(0);
  let i: i32 = 0;
  for (; i + 4 <= width; i += 4) {
    const centered = f32x4.sub(v128.load(x + <usize>i * 4), mean4);
    sums = fma(centered, centered, sums);
  }
  let total = sumLanes(sums);
  for (; i < width; i++) {
    const centered = load<f32>(x + <usize>i * 4) - mean;
    total += centered * centered;
  }
  return total;
}

/** out = a + b; arrays are padded to whole vectors, so the last one may reach over the end. */
export function addValues(
  a: usize, b: usize, out: usize, size: i32, part: i32, parts: i32,
): void {
  const end = share(size, part + 1, parts, 4);
  for (let i = share(size, part, parts, 4); i < end; i += 4) {
    const at = <usize>i * 4;
    v128.store(out + at, f32x4.add(v128.load(a + at), v128.load(b + at)));
  }
}
