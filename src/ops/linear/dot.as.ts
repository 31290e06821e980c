/**
 * Dot products of one row with four columns of a weight, for the few rows of a decoding step. The
 * weight is read straight from its format; like the tile, each loop is a function of its own, so
 * that its sums stay in registers.
 */
import { BF16, F16, F32, fma, INT8, loadWeight, sumLanes } from '../simd.as';

/**
 * sums [4] = x [depth] · the columns at `columns`, `columns + stride`, … (bytes).
 * A sum does not depend on the columns beside it.
 */
export function dotFour(
  x: usize, columns: usize, stride: usize, depth: i32, format: i32, sums: usize,
): void {
  // In turns of eight values; int8 is summed block by block, 64 values each.
  const whole = format == INT8 ? depth & ~63 : depth & ~7;
  if (format == F32) dotF32(x, columns, stride, whole, sums);
  else if (format == BF16) dotBf16(x, columns, stride, whole, sums);
  else if (format == F16) dotF16(x, columns, stride, whole, sums);
  else dotInt8(x, columns, stride, whole, sums);
  for (let i: usize = 0; i < 4; i++) {
    let sum = load<f32>(sums + i * 4);
    for (let k = whole; k < depth; k++) {
      sum += load<f32>(x + <usize>k * 4) * loadWeight(columns + i * stride, <usize>k, format);
    }
    store<f32>(sums + i * 4, sum);
  }
}

export function dotF32(x: usize, columns: usize, stride: usize, depth: i32, sums: usize): void {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  let c1 = columns + stride;
  let c2 = c1 + stride;
  let c3 = c2 + stride;
  const end = x + <usize>depth * 4;
  while (x < end) {
    const v = v128.load(x);
    s0 = fma(v, v128.load(columns), s0);
    s1 = fma(v, v128.load(c1), s1);
    s2 = fma(v, v128.load(c2), s2);
    s3 = fma(v, v128.load(c3), s3);
    x += 16;
    columns += 16;
    c1 += 16;
    c2 += 16;
    c3 += 16;
  }
  store<f32>(sums, sumLanes(s0));
  store<f32>(sums, sumLanes(s1), 4);
  store<f32>(sums, sumLanes(s2), 8);
  store<f32>(sums, sumLanes(s3), 12);
}

/** Eight values a turn: of each pair of halves the even one is shifted up, the odd one masked. */
export function dotBf16(x: usize, columns: usize, stride: usize, depth: i32, sums: usize): void {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  const upper = i32x4.splat(0xffff0000);
  let c1 = columns + stride;
  let c2 = c1 + stride;
  let c3 = c2 + stride;
  const end = x + <usize>depth * 4;
  while (x < end) {
    const low = v128.load(x);
    const high = v128.load(x, 16);
    const even = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
    const odd = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
    let w = v128.load(columns);
    s0 = fma(odd, v128.and(w, upper), fma(even, i32x4.shl(w, 16), s0));
    w = v128.load(c1);
    s1 = fma(odd, v128.and(w, upper), fma(even, i32x4.shl(w, 16), s1));
    w = v128.load(c2);
    s2 = fma(odd, v128.and(w, upper), fma(even, i32x4.shl(w, 16), s2));
    w = v128.load(c3);
    s3 = fma(odd, v128.and(w, upper), fma(even, i32x4.shl(w, 16), s3));
    x += 32;
    columns += 16;
    c1 += 16;
    c2 += 16;
    c3 += 16;
  }
  store<f32>(sums, sumLanes(s0));
  store<f32>(sums, sumLanes(s1), 4);
  store<f32>(sums, sumLanes(s2), 8);
  store<f32>(sums, sumLanes(s3), 12);
}

/** 2^112: what the exponents of shifted binary16 values lack. */
const F16_BIAS: f32 = 5.192296858534828e33;

/** As above; an arithmetic shift spreads the sign, a multiplication mends the exponent. */
export function dotF16(x: usize, columns: usize, stride: usize, depth: i32, sums: usize): void {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  const keep = i32x4.splat(0x8fffe000);
  const bias = f32x4.splat(F16_BIAS);
  let c1 = columns + stride;
  let c2 = c1 + stride;
  let c3 = c2 + stride;
  const end = x + <usize>depth * 4;
  while (x < end) {
    const low = v128.load(x);
    const high = v128.load(x, 16);
    const even = v128.shuffle<f32>(low, high, 0, 2, 4, 6);
    const odd = v128.shuffle<f32>(low, high, 1, 3, 5, 7);
    let w = v128.load(columns);
    s0 = fma(odd, oddHalves(w, keep, bias), fma(even, evenHalves(w, keep, bias), s0));
    w = v128.load(c1);
    s1 = fma(odd, oddHalves(w, keep, bias), fma(even, evenHalves(w, keep, bias), s1));
    w = v128.load(c2);
    s2 = fma(odd, oddHalves(w, keep, bias), fma(even, evenHalves(w, keep, bias), s2));
    w = v128.load(c3);
    s3 = fma(odd, oddHalves(w, keep, bias), fma(even, evenHalves(w, keep, bias), s3));
    x += 32;
    columns += 16;
    c1 += 16;
    c2 += 16;
    c3 += 16;
  }
  store<f32>(sums, sumLanes(s0));
  store<f32>(sums, sumLanes(s1), 4);
  store<f32>(sums, sumLanes(s2), 8);
  store<f32>(sums, sumLanes(s3), 12);
}

// @ts-ignore: decorator
@inline
function evenHalves(w: v128, keep: v128, bias: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shr_s(i32x4.shl(w, 16), 3), keep), bias);
}

// @ts-ignore: decorator
@inline
function oddHalves(w: v128, keep: v128, bias: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shr_s(w, 3), keep), bias);
}

/** A block a turn: the sum of its products, then times its scale. */
export function dotInt8(x: usize, columns: usize, stride: usize, depth: i32, sums: usize): void {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  let c1 = columns + stride;
  let c2 = c1 + stride;
  let c3 = c2 + stride;
  const end = x + <usize>depth * 4;
  while (x < end) {
    let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
    for (let i: usize = 4; i < 68; i += 8) {
      const low = v128.load(x);
      const high = v128.load(x, 16);
      let w = v128.load8x8_s(columns + i);
      b0 = fma(high, highBytes(w), fma(low, lowBytes(w), b0));
      w = v128.load8x8_s(c1 + i);
      b1 = fma(high, highBytes(w), fma(low, lowBytes(w), b1));
      w = v128.load8x8_s(c2 + i);
      b2 = fma(high, highBytes(w), fma(low, lowBytes(w), b2));
      w = v128.load8x8_s(c3 + i);
      b3 = fma(high, highBytes(w), fma(low, lowBytes(w), b3));
      x += 32;
    }
    s0 = fma(b0, v128.load32_splat(columns), s0);
    s1 = fma(b1, v128.load32_splat(c1), s1);
    s2 = fma(b2, v128.load32_splat(c2), s2);
    s3 = fma(b3, v128.load32_splat(c3), s3);
    columns += 68;
    c1 += 68;
    c2 += 68;
    c3 += 68;
  }
  store<f32>(sums, sumLanes(s0));
  store<f32>(sums, sumLanes(s1), 4);
  store<f32>(sums, sumLanes(s2), 8);
  store<f32>(sums, sumLanes(s3), 12);
}

// @ts-ignore: decorator
@inline
function lowBytes(w: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(w));
}

// @ts-ignore: decorator
@inline
function highBytes(w: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(w));
}
