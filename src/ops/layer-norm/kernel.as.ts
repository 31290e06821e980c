/** LayerNorm and its gradient on the CPU, row by row. */
import { share } from '../simd.as';
import { squaresOf, sumOf } from '../sums.as';

export function layerNorm(
  x: usize, gamma: usize, beta: usize, y: usize, rows: i32, width: i32, epsilon: f32,
  part: i32, parts: i32,
): void {
  const end = share(rows, part + 1, parts, 1);
  const bytes = <usize>width * 4;
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const offset = <usize>row * bytes;
    const mean = sumOf(x + offset, width) / <f32>width;
    const rho: f32 = 1 / sqrt<f32>(squaresOf(x + offset, width, mean) / <f32>width + epsilon);
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
    const mean = sumOf(x + offset, width) / <f32>width;
    const rho: f32 = 1 / sqrt<f32>(squaresOf(x + offset, width, mean) / <f32>width + epsilon);
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
      let gradient = rho * (scaled - sum - normal * along);
      if (soFar) gradient += load<f32>(soFar + offset + i);
      store<f32>(dx + offset + i, gradient);
    }
  }
}
