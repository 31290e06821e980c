/**
 * What all CPU kernels share: fused multiply-add where the build has it, sums across lanes, exp,
 * 16-bit floats, and how work is divided. Compiled by AssemblyScript to WebAssembly with SIMD.
 */

/** a·b + c: one rounding in the relaxed build, two in the plain one. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) +
    f32x4.extract_lane(x, 1) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

/** Σ x[i]·y[i] of one row. */
export function dot(x: usize, y: usize, n: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let i: i32 = 0;
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i * 4;
    s0 = fma(v128.load(x + at), v128.load(y + at), s0);
    s1 = fma(v128.load(x + at, 16), v128.load(y + at, 16), s1);
  }
  let total = sumLanes(f32x4.add(s0, s1));
  for (; i < n; i++) total += load<f32>(x + <usize>i * 4) * load<f32>(y + <usize>i * 4);
  return total;
}

/**
 * Start of a part when `count` items are divided among `parts`, in multiples of `unit`. Of four
 * parts and more the first half is three times as large as the rest: threads take parts in their
 * order, and small ones at the end let all of them finish together.
 */
export function share(count: i32, part: i32, parts: i32, unit: i32): i32 {
  const units = <i64>((count + unit - 1) / unit);
  let before = <i64>part;
  let all = <i64>parts;
  if (parts >= 4 && parts % 2 == 0) {
    const large = parts / 2;
    before = part <= large ? 3 * part : 2 * large + part;
    all = 4 * large;
  }
  return <i32>min<i64>(count, ((units * before) / all) * unit);
}

/** e^x of four lanes: range reduction by ln 2 in two pieces, then a polynomial of degree 6. */
// @ts-ignore: decorator
@inline
export function exp4(value: v128): v128 {
  const x = f32x4.min(f32x4.max(value, f32x4.splat(-87.33)), f32x4.splat(88.37));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.4426950408889634)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = fma(p, r, f32x4.splat(1.3981999507e-3));
  p = fma(p, r, f32x4.splat(8.3334519073e-3));
  p = fma(p, r, f32x4.splat(4.1665795894e-2));
  p = fma(p, r, f32x4.splat(1.6666665459e-1));
  p = fma(p, r, f32x4.splat(5.0000001201e-1));
  p = fma(f32x4.mul(p, r), r, f32x4.add(r, f32x4.splat(1)));
  const power = i32x4.shl(
    i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)),
    23,
  );
  return f32x4.mul(p, power);
}

/** 1 / (1 + e^−x). */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp4(f32x4.neg(x))));
}

/** The number formats weights come in. */
export const F32: i32 = 0;
export const F16: i32 = 1;
export const BF16: i32 = 2;
/** Blocks of a float32 scale and 64 signed bytes; a row starts with a block: see int8.ts. */
export const INT8: i32 = 3;
const BLOCK_BYTES: usize = 68;

/** Where the block of a value starts; its scale lies there. */
// @ts-ignore: decorator
@inline
function blockOf(pointer: usize, index: usize): usize {
  return pointer + (index >> 6) * BLOCK_BYTES;
}

/** Bytes of a row of `width` values, which in int8 are a multiple of 64. */
// @ts-ignore: decorator
@inline
export function rowBytes(width: i32, format: i32): usize {
  if (format == F32) return <usize>width << 2;
  if (format == INT8) return <usize>(width >> 6) * BLOCK_BYTES;
  return <usize>width << 1;
}

/** Values from the start of one row of a weight to the next. */
export function rowValues(width: i32, format: i32): i32 {
  return format == INT8 ? (width + 63) & ~63 : width;
}

/** Four consecutive weights as float32; in int8 `index` is a multiple of four. */
// @ts-ignore: decorator
@inline
export function loadWeights(pointer: usize, index: usize, format: i32): v128 {
  if (format == F32) return v128.load(pointer + (index << 2));
  if (format == INT8) {
    const block = blockOf(pointer, index);
    const bytes = v128.load32_zero(block + (index & 63), 4);
    const whole = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(bytes));
    return f32x4.mul(f32x4.convert_i32x4_s(whole), v128.load32_splat(block));
  }
  const bits = v128.load16x4_u(pointer + (index << 1));
  if (format == BF16) return i32x4.shl(bits, 16);
  return halfToFloat(bits);
}

/** One weight as float32. */
// @ts-ignore: decorator
@inline
export function loadWeight(pointer: usize, index: usize, format: i32): f32 {
  if (format == F32) return load<f32>(pointer + (index << 2));
  if (format == INT8) {
    const block = blockOf(pointer, index);
    return load<f32>(block) * <f32>load<i8>(block + (index & 63), 4);
  }
  const bits = v128.load16_splat(pointer + (index << 1));
  const low = v128.and(bits, i32x4.splat(0xffff));
  return f32x4.extract_lane(format == BF16 ? i32x4.shl(low, 16) : halfToFloat(low), 0);
}

/**
 * Binary16 in the low half of each lane → float32: moving exponent and fraction into place and
 * multiplying by 2^112 corrects the exponent's bias, subnormals included; infinities do not occur.
 */
// @ts-ignore: decorator
@inline
function halfToFloat(bits: v128): v128 {
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  return v128.or(f32x4.mul(magnitude, f32x4.splat(5.192296858534828e33)), sign);
}
