/** Dropout on the CPU: whether a value is kept is a hash of its place. */
import { share } from '../simd.as';

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
