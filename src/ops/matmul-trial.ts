/** The work that tells which matrix product is faster on an adapter: `linear` itself. */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { linear } from './linear/linear.ts';
import { denseWeight } from './weight.ts';

/** So many products x·Wᵀ, all [side, side], one after another; resolves when the last is read. */
export async function matmulTrial(side: number, products: number): Promise<void> {
  const values = Float32Array.from({ length: side * side }, (_, i) => ((i * 7) % 11) / 11 - 0.5);
  const x = tensor(values, [side, side]);
  const w = tensor(values, [side, side]);
  let last: Tensor | undefined;
  for (let product = 0; product < products; product++) {
    last?.dispose();
    last = linear(x, denseWeight(w));
  }
  await last?.data();
  for (const used of [x, w, last]) used?.dispose();
}
