/** RMSNorm and its gradient on the CPU, row by row. */
import { dot, share, sumLanes, fma } from '../simd.as';

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
      const value = v128.load(x + offset + i);
      const along4 = f32x4.mul(value, pull4);
      v128.store(y + offset + i, f32x4.mul(f32x4.mul(value, rho4), v128.load(gamma + i)));
      let sum = f32x4.mul(rho4, f32x4.sub(scaled, along4));
      if (soFar) sum = f32x4.add(sum, v128.load(soFar + offset + i));
      v128.store(dx + offset + i, sum);
    }
    for (; i < bytes; i += 4) {
      const scaled = load<f32>(dy + offset + i) * load<f32>(gamma + i);
      const value = load<f32>(x + offset + i);
      store<f32>(y + offset + i, value * rho * load<f32>(gamma + i));
      let sum = rho * (scaled - value * pull);
      if (soFar) sum += load<f32>(soFar + offset + i);
      store<f32>(dx + offset + i, sum);
    }
  }
}
