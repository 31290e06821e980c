/** AdamW and Σ x² on the CPU. */
import { share } from '../simd.as';

export function adamW(
  p: usize, g: usize, m: usize, v: usize, newP: usize, newM: usize, newV: usize, size: i32,
  lr: f32, beta1: f32, beta2: f32, epsilon: f32, decay: f32, correction1: f32, correction2: f32,
  gradientScale: f32, part: i32, parts: i32,
): void {
  const end = share(size, part + 1, parts, 4);
  const keep4 = f32x4.splat(1 - lr * decay);
  const rate4 = f32x4.splat(lr / correction1);
  const scale4 = f32x4.splat(gradientScale);
  const beta1s = f32x4.splat(beta1), rest1s = f32x4.splat(1 - beta1);
  const beta2s = f32x4.splat(beta2), rest2s = f32x4.splat(1 - beta2);
  const correction4 = f32x4.splat(correction2), epsilon4 = f32x4.splat(epsilon);
  for (let i = share(size, part, parts, 4); i < end; i += 4) {
    const at = <usize>i * 4;
    const gradient = f32x4.mul(scale4, v128.load(g + at));
    const momentum = f32x4.add(f32x4.mul(beta1s, v128.load(m + at)), f32x4.mul(rest1s, gradient));
    const square = f32x4.mul(f32x4.mul(rest2s, gradient), gradient);
    const variance = f32x4.add(f32x4.mul(beta2s, v128.load(v + at)), square);
    const length = f32x4.add(f32x4.sqrt(f32x4.div(variance, correction4)), epsilon4);
    const step = f32x4.div(f32x4.mul(rate4, momentum), length);
    const value = f32x4.sub(f32x4.mul(keep4, v128.load(p + at)), step);
    put(newM + at, momentum, end - i);
    put(newV + at, variance, end - i);
    put(newP + at, value, end - i);
  }
}

/** The first `count` lanes; what lies behind them belongs to others. */
// @ts-ignore: decorator
@inline
function put(to: usize, value: v128, count: i32): void {
  if (count >= 4) v128.store(to, value);
  else {
    store<f32>(to, f32x4.extract_lane(value, 0));
    if (count > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
    if (count > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
  }
}

/** Σ x² in double precision, in one fixed order of four sums; the first thread does it. */
export function squaredSum(x: usize, out: usize, size: i32, part: i32, _parts: i32): void {
  if (part != 0) return;
  let even = f64x2.splat(0), odd = f64x2.splat(0);
  let i: i32 = 0;
  for (; i + 4 <= size; i += 4) {
    const values = v128.load(x + <usize>i * 4);
    const low = f64x2.promote_low_f32x4(values);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(values, values, 2, 3, 2, 3));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  const both = f64x2.add(even, odd);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < size; i++) {
    const value = <f64>load<f32>(x + <usize>i * 4);
    sum += value * value;
  }
  store<f32>(out, <f32>sum);
}
