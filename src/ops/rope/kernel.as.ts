/** Rotary embedding on the CPU, row by row; what is not rotated is copied. */
import { share } from '../simd.as';

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
