/** GELU in both forms and its gradient on the CPU. */
import { exp4, fma, share } from '../simd.as';

const SQRT_2_OVER_PI: f32 = 0.7978845608028654;
const CUBIC: f32 = 0.044715;

/** e^(−2|u|) form: cannot overflow. */
// @ts-ignore: decorator
@inline
function tanh4(u: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.mul(f32x4.abs(u), f32x4.splat(-2)));
  const size = f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
  return v128.bitselect(u, size, i32x4.splat(0x80000000));
}

/** erf by the five-term polynomial of Abramowitz & Stegun 7.1.26, error below 1.5e-7. */
// @ts-ignore: decorator
@inline
function erf4(x: v128): v128 {
  const one = f32x4.splat(1);
  const size = f32x4.abs(x);
  const t = f32x4.div(one, fma(size, f32x4.splat(0.3275911), one));
  let p = f32x4.splat(1.061405429);
  p = fma(p, t, f32x4.splat(-1.453152027));
  p = fma(p, t, f32x4.splat(1.421413741));
  p = fma(p, t, f32x4.splat(-0.284496736));
  p = fma(p, t, f32x4.splat(0.254829592));
  const value = f32x4.sub(one, f32x4.mul(f32x4.mul(p, t), exp4(f32x4.neg(f32x4.mul(size, size)))));
  return v128.bitselect(x, value, i32x4.splat(0x80000000));
}

// @ts-ignore: decorator
@inline
function tanhArgument(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), f32x4.splat(CUBIC));
  return f32x4.mul(f32x4.mul(x, f32x4.add(cube, f32x4.splat(1))), f32x4.splat(SQRT_2_OVER_PI));
}

/** Arrays are padded to whole vectors, so the last one may reach over the end. */
export function gelu(x: usize, y: usize, size: i32, exact: i32, part: i32, parts: i32): void {
  const end = share(size, part + 1, parts, 4);
  for (let i = share(size, part, parts, 4); i < end; i += 4) {
    const at = <usize>i * 4;
    const v = v128.load(x + at);
    const inner = exact ? erf4(f32x4.mul(v, f32x4.splat(0.7071067811865476))) : tanh4(tanhArgument(v));
    const half = f32x4.mul(v, f32x4.splat(0.5));
    v128.store(y + at, fma(half, inner, half));
  }
}

export function geluBackward(
  x: usize, dy: usize, dx: usize, size: i32, exact: i32, part: i32, parts: i32,
): void {
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  const end = share(size, part + 1, parts, 4);
  for (let i = share(size, part, parts, 4); i < end; i += 4) {
    const at = <usize>i * 4;
    const v = v128.load(x + at);
    const square = f32x4.mul(v, v);
    let slope: v128;
    if (exact) {
      const cumulative = f32x4.mul(half, f32x4.add(one, erf4(f32x4.mul(v, f32x4.splat(0.7071067811865476)))));
      const density = f32x4.mul(exp4(f32x4.mul(square, f32x4.splat(-0.5))), f32x4.splat(0.3989422804014327));
      slope = fma(v, density, cumulative);
    } else {
      const t = tanh4(tanhArgument(v));
      const inner = f32x4.mul(f32x4.add(one, f32x4.mul(square, f32x4.splat(3 * CUBIC))), f32x4.splat(SQRT_2_OVER_PI));
      const curve = f32x4.mul(f32x4.mul(f32x4.mul(v, half), f32x4.sub(one, f32x4.mul(t, t))), inner);
      slope = fma(half, f32x4.add(one, t), curve);
    }
    v128.store(dx + at, f32x4.mul(v128.load(dy + at), slope));
  }
}
