/** SwiGLU and its gradient on the CPU. */
import { share, sigmoid4 } from '../simd.as';

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
