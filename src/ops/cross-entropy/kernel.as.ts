/** From logits to losses on the CPU, and rows of a gradient put back at their places. */
import { exp4, share, sumLanes } from '../simd.as';

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
