/** Kernels that work row by row or value by value: norms, activations, rotation, tables, AdamW. */
import { exp4, fma, loadWeight, rowValues, share, sigmoid4, sumLanes } from './simd.as';

/** Σ x[i]·y[i] of one row. */
function dot(x: usize, y: usize, n: i32): f32 {
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

export function rmsNorm(
  x: usize, gamma: usize, y: usize, rows: i32, width: i32, epsilon: f32, part: i32, parts: i32,
): void {
  const end = share(rows, part + 1, parts, 1);
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const offset = <usize>row * <usize>width * 4;
    const rho: f32 = 1 / sqrt<f32>(dot(x + offset, x + offset, width) / <f32>width + epsilon);
    const rho4 = f32x4.splat(rho);
    const bytes = <usize>width * 4;
    const whole = bytes & ~15;
    let i: usize = 0;
    for (; i < whole; i += 16) {
      const normal = f32x4.mul(v128.load(x + offset + i), rho4);
      v128.store(y + offset + i, f32x4.mul(normal, v128.load(gamma + i)));
    }
    for (; i < bytes; i += 4) {
      store<f32>(y + offset + i, load<f32>(x + offset + i) * rho * load<f32>(gamma + i));
    }
  }
}

/** Writes dx, to which `soFar` is added unless it is 0, and y again. */
export function rmsNormBackward(
  x: usize, gamma: usize, dy: usize, soFar: usize, dx: usize, y: usize, rows: i32, width: i32, epsilon: f32,
  part: i32, parts: i32,
): void {
  const end = share(rows, part + 1, parts, 1);
  const bytes = <usize>width * 4;
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const offset = <usize>row * bytes;
    const rho: f32 = 1 / sqrt<f32>(dot(x + offset, x + offset, width) / <f32>width + epsilon);
    const whole = bytes & ~15;
    let sums = f32x4.splat(0);
    let i: usize = 0;
    for (; i < whole; i += 16) {
      const scaled = f32x4.mul(v128.load(dy + offset + i), v128.load(gamma + i));
      sums = fma(scaled, v128.load(x + offset + i), sums);
    }
    let along = sumLanes(sums);
    for (; i < bytes; i += 4) {
      along += load<f32>(dy + offset + i) * load<f32>(gamma + i) * load<f32>(x + offset + i);
    }
    // The mean of γ·dy·x̂, times the ρ of x̂ itself.
    const pull = (along * rho * rho) / <f32>width;
    const pull4 = f32x4.splat(pull);
    const rho4 = f32x4.splat(rho);
    for (i = 0; i < whole; i += 16) {
      const scaled = f32x4.mul(v128.load(dy + offset + i), v128.load(gamma + i));
      const own = v128.load(x + offset + i);
      const along4 = f32x4.mul(own, pull4);
      v128.store(y + offset + i, f32x4.mul(f32x4.mul(own, rho4), v128.load(gamma + i)));
      let sum = f32x4.mul(rho4, f32x4.sub(scaled, along4));
      if (soFar) sum = f32x4.add(sum, v128.load(soFar + offset + i));
      v128.store(dx + offset + i, sum);
    }
    for (; i < bytes; i += 4) {
      const scaled = load<f32>(dy + offset + i) * load<f32>(gamma + i);
      const own = load<f32>(x + offset + i);
      store<f32>(y + offset + i, own * rho * load<f32>(gamma + i));
      let sum = rho * (scaled - own * pull);
      if (soFar) sum += load<f32>(soFar + offset + i);
      store<f32>(dx + offset + i, sum);
    }
  }
}

export function layerNorm(
  x: usize, gamma: usize, beta: usize, y: usize, rows: i32, width: i32, epsilon: f32,
  part: i32, parts: i32,
): void {
  const end = share(rows, part + 1, parts, 1);
  const bytes = <usize>width * 4;
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const offset = <usize>row * bytes;
    const mean = meanOf(x + offset, width);
    const rho: f32 = 1 / sqrt<f32>(varianceOf(x + offset, width, mean) + epsilon);
    for (let i: usize = 0; i < bytes; i += 4) {
      const normal = (load<f32>(x + offset + i) - mean) * rho;
      store<f32>(y + offset + i, normal * load<f32>(gamma + i) + load<f32>(beta + i));
    }
  }
}

/** `soFar` is added to dx unless it is 0. */
export function layerNormBackward(
  x: usize, gamma: usize, dy: usize, soFar: usize, dx: usize, rows: i32, width: i32, epsilon: f32,
  part: i32, parts: i32,
): void {
  const end = share(rows, part + 1, parts, 1);
  const bytes = <usize>width * 4;
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const offset = <usize>row * bytes;
    const mean = meanOf(x + offset, width);
    const rho: f32 = 1 / sqrt<f32>(varianceOf(x + offset, width, mean) + epsilon);
    let sum: f32 = 0;
    let along: f32 = 0;
    for (let i: usize = 0; i < bytes; i += 4) {
      const scaled = load<f32>(dy + offset + i) * load<f32>(gamma + i);
      sum += scaled;
      along += scaled * (load<f32>(x + offset + i) - mean) * rho;
    }
    sum /= <f32>width;
    along /= <f32>width;
    for (let i: usize = 0; i < bytes; i += 4) {
      const scaled = load<f32>(dy + offset + i) * load<f32>(gamma + i);
      const normal = (load<f32>(x + offset + i) - mean) * rho;
      let own = rho * (scaled - sum - normal * along);
      if (soFar) own += load<f32>(soFar + offset + i);
      store<f32>(dx + offset + i, own);
    }
  }
}

function meanOf(x: usize, width: i32): f32 {
  let sum: f32 = 0;
  for (let i: i32 = 0; i < width; i++) sum += load<f32>(x + <usize>i * 4);
  return sum / <f32>width;
}

function varianceOf(x: usize, width: i32, mean: f32): f32 {
  let sum: f32 = 0;
  for (let i: i32 = 0; i < width; i++) {
    const centered = load<f32>(x + <usize>i * 4) - mean;
    sum += centered * centered;
  }
  return sum / <f32>width;
}

export function rope(
  x: usize, table: usize, positions: usize, y: usize,
  rows: i32, width: i32, heads: i32, headDim: i32, rotaryDim: i32, sign: f32,
  part: i32, parts: i32,
): void {
  const end = share(rows, part + 1, parts, 1);
  const half = rotaryDim >> 1;
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const from = x + <usize>row * <usize>width * 4;
    const to = y + <usize>row * <usize>width * 4;
    memory.copy(to, from, <usize>width * 4);
    const angles = table + <usize>load<i32>(positions + <usize>row * 4) * <usize>rotaryDim * 4;
    for (let head: i32 = 0; head < heads; head++) {
      const at = <usize>(head * headDim) * 4;
      for (let i: i32 = 0; i < half; i++) {
        const low = at + <usize>i * 4;
        const high = low + <usize>half * 4;
        const cos = load<f32>(angles + <usize>i * 4);
        const sin = sign * load<f32>(angles + <usize>(half + i) * 4);
        const first = load<f32>(from + low);
        const second = load<f32>(from + high);
        store<f32>(to + low, first * cos - second * sin);
        store<f32>(to + high, second * cos + first * sin);
      }
    }
  }
}

/** x [rows, 2F] → y [rows, F]; allocations are padded, so whole vectors may be touched at a row's end. */
export function swiGlu(x: usize, y: usize, rows: i32, width: i32, part: i32, parts: i32): void {
  const end = share(rows, part + 1, parts, 1);
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const gate = x + <usize>row * <usize>width * 8;
    const up = gate + <usize>width * 4;
    const to = y + <usize>row * <usize>width * 4;
    let i: i32 = 0;
    for (; i + 4 <= width; i += 4) {
      const at = <usize>i * 4;
      const g = v128.load(gate + at);
      v128.store(to + at, f32x4.mul(f32x4.mul(g, sigmoid4(g)), v128.load(up + at)));
    }
    for (; i < width; i++) {
      const at = <usize>i * 4;
      const g = v128.load32_splat(gate + at);
      const value = f32x4.mul(f32x4.mul(g, sigmoid4(g)), v128.load32_splat(up + at));
      store<f32>(to + at, f32x4.extract_lane(value, 0));
    }
  }
}

/** Writes dx and, again, y: what the product behind it needs for its own gradients. */
export function swiGluBackward(
  x: usize, dy: usize, dx: usize, y: usize, rows: i32, width: i32, part: i32, parts: i32,
): void {
  const end = share(rows, part + 1, parts, 1);
  const one = f32x4.splat(1);
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const gate = x + <usize>row * <usize>width * 8;
    const up = gate + <usize>width * 4;
    const from = dy + <usize>row * <usize>width * 4;
    const to = dx + <usize>row * <usize>width * 8;
    const again = y + <usize>row * <usize>width * 4;
    for (let i: i32 = 0; i < width; i += 4) {
      const at = <usize>i * 4;
      const whole = i + 4 <= width;
      const count = whole ? 1 : width - i;
      for (let lane: i32 = 0; lane < count; lane++) {
        const p = at + <usize>lane * 4;
        const g = whole ? v128.load(gate + p) : v128.load32_splat(gate + p);
        const u = whole ? v128.load(up + p) : v128.load32_splat(up + p);
        const d = whole ? v128.load(from + p) : v128.load32_splat(from + p);
        const s = sigmoid4(g);
        const slope = f32x4.mul(s, f32x4.add(one, f32x4.mul(g, f32x4.sub(one, s))));
        const dGate = f32x4.mul(f32x4.mul(d, u), slope);
        const activated = f32x4.mul(g, s);
        const dUp = f32x4.mul(d, activated);
        const h = f32x4.mul(activated, u);
        if (whole) {
          v128.store(again + p, h);
          v128.store(to + p, dGate);
          v128.store(to + <usize>width * 4 + p, dUp);
        } else {
          store<f32>(again + p, f32x4.extract_lane(h, 0));
          store<f32>(to + p, f32x4.extract_lane(dGate, 0));
          store<f32>(to + <usize>width * 4 + p, f32x4.extract_lane(dUp, 0));
        }
      }
    }
  }
}

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

/** Rows of a table part that holds ids [firstRow, firstRow + tableRows); others are left alone. */
export function gatherRows(
  ids: usize, table: usize, format: i32, firstRow: i32, tableRows: i32, y: usize,
  rows: i32, width: i32, part: i32, parts: i32,
): void {
  const end = share(rows, part + 1, parts, 1);
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const id = load<i32>(ids + <usize>row * 4) - firstRow;
    if (id < 0 || id >= tableRows) continue;
    const to = y + <usize>row * <usize>width * 4;
    const from = <usize>id * <usize>rowValues(width, format);
    for (let i: i32 = 0; i < width; i++) {
      store<f32>(to + <usize>i * 4, loadWeight(table, from + <usize>i, format));
    }
  }
}

/** out [tableRows, width] = Σ of the rows of dy with that id; each thread owns a range of columns. */
export function embeddingGradient(
  ids: usize, dy: usize, out: usize, rows: i32, width: i32, tableRows: i32, part: i32, parts: i32,
): void {
  const from = share(width, part, parts, 1);
  const to = share(width, part + 1, parts, 1);
  for (let row: i32 = 0; row < tableRows; row++) {
    memory.fill(out + (<usize>row * <usize>width + <usize>from) * 4, 0, <usize>(to - from) * 4);
  }
  for (let n: i32 = 0; n < rows; n++) {
    const target = out + <usize>load<i32>(ids + <usize>n * 4) * <usize>width * 4;
    const source = dy + <usize>n * <usize>width * 4;
    for (let i = from; i < to; i++) {
      const at = <usize>i * 4;
      store<f32>(target + at, load<f32>(target + at) + load<f32>(source + at));
    }
  }
}

/** out [count, width] = 0, then out[rows[i]] = dy[i]·dx[i]; rows are distinct. */
export function scatterRows(
  dx: usize, dy: usize, rows: usize, out: usize, m: i32, width: i32, count: i32,
  part: i32, parts: i32,
): void {
  const from = share(width, part, parts, 1);
  const to = share(width, part + 1, parts, 1);
  for (let row: i32 = 0; row < count; row++) {
    memory.fill(out + (<usize>row * <usize>width + <usize>from) * 4, 0, <usize>(to - from) * 4);
  }
  for (let i: i32 = 0; i < m; i++) {
    const scale = load<f32>(dy + <usize>i * 4);
    const target = out + <usize>load<i32>(rows + <usize>i * 4) * <usize>width * 4;
    const source = dx + <usize>i * <usize>width * 4;
    for (let j = from; j < to; j++) {
      store<f32>(target + <usize>j * 4, scale * load<f32>(source + <usize>j * 4));
    }
  }
}

/**
 * Logits z [m, V] → nll [m], correct [m]; with `mode` 1 z becomes softmax(z) − onehot, with mode 2
 * that times scale[m].
 */
export function softmaxLoss(
  z: usize, targets: usize, nll: usize, correct: usize, scale: usize, m: i32, v: i32, mode: i32,
  part: i32, parts: i32,
): void {
  const end = share(m, part + 1, parts, 1);
  for (let row = share(m, part, parts, 1); row < end; row++) {
    const logits = z + <usize>row * <usize>v * 4;
    const target = load<i32>(targets + <usize>row * 4);
    let largest: f32 = load<f32>(logits);
    let best: i32 = 0;
    for (let i: i32 = 1; i < v; i++) {
      const value = load<f32>(logits + <usize>i * 4);
      if (value > largest) {
        largest = value;
        best = i;
      }
    }
    const top = f32x4.splat(largest);
    let sums = f32x4.splat(0);
    let total: f64 = 0;
    const chosen = load<f32>(logits + <usize>target * 4);
    let i: i32 = 0;
    for (; i + 4 <= v; i += 4) {
      const at = logits + <usize>i * 4;
      const e = exp4(f32x4.sub(v128.load(at), top));
      sums = f32x4.add(sums, e);
      if (mode) v128.store(at, e);
      // Beside a sum near 1, float32 loses the many small terms of a large vocabulary.
      if ((i & 63) == 60) {
        total += <f64>sumLanes(sums);
        sums = f32x4.splat(0);
      }
    }
    total += <f64>sumLanes(sums);
    for (; i < v; i++) {
      const at = logits + <usize>i * 4;
      const e = f32x4.extract_lane(exp4(f32x4.splat(load<f32>(at) - largest)), 0);
      total += e;
      if (mode) store<f32>(at, e);
    }
    if (mode < 2) {
      const loss = NativeMath.log(total) + <f64>largest - <f64>chosen;
      store<f32>(nll + <usize>row * 4, <f32>loss);
      store<f32>(correct + <usize>row * 4, best == target ? 1 : 0);
    }
    if (mode == 0) continue;
    const factor: f32 = mode == 2 ? load<f32>(scale + <usize>row * 4) : 1;
    const each: f32 = factor / <f32>total;
    const share4 = f32x4.splat(each);
    for (i = 0; i + 4 <= v; i += 4) {
      const at = logits + <usize>i * 4;
      v128.store(at, f32x4.mul(v128.load(at), share4));
    }
    for (; i < v; i++) {
      const at = logits + <usize>i * 4;
      store<f32>(at, load<f32>(at) * each);
    }
    const hit = logits + <usize>target * 4;
    store<f32>(hit, load<f32>(hit) - factor);
  }
}

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

export function dropout(
  x: usize, y: usize, size: i32, seed: i32, threshold: u32, kept: f32, part: i32, parts: i32,
): void {
  const end = share(size, part + 1, parts, 4);
  for (let i = share(size, part, parts, 4); i < end; i++) {
    let h: u32 = <u32>(i * <i32>0x9e3779b1) ^ <u32>seed;
    h = (h ^ (h >>> 16)) * 0x85ebca6b;
    h = (h ^ (h >>> 13)) * 0xc2b2ae35;
    h ^= h >>> 16;
    const at = <usize>i * 4;
    store<f32>(y + at, h < threshold ? 0 : kept * load<f32>(x + at));
  }
}
