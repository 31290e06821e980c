/**
 * A tiny model, forward and backward, on the current engine against stored numbers. Drivers have
 * been seen to return zeros for gradients without an error; such an engine must not be used.
 */
import { mul, sum, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { GpuUnavailableError } from '../errors.ts';
import { attention } from './attention/attention.ts';
import { backward } from './backward.ts';
import { crossEntropy } from './cross-entropy/cross-entropy.ts';
import { embedding } from './embedding/embedding.ts';
import { linear } from './linear/linear.ts';
import { rmsNorm } from './rms-norm/rms-norm.ts';
import { rope } from './rope/rope.ts';
import { selfTestNumbers } from './self-test-numbers.ts';
import { at } from './shape.ts';
import { swiGlu } from './swiglu/swiglu.ts';
import { denseWeight } from './weight.ts';

// float32 on engines that order sums differently agree to about 1e-6; a broken one is off by 1.
const TOLERANCE = 1e-3;

/** @throws GpuUnavailableError when this engine's numbers differ from the stored ones */
export async function selfTest(): Promise<void> {
  const numbers = await computeSelfTest();
  const wrong = selfTestNumbers.filter((expected, i) => {
    const difference = Math.abs(at(numbers, i) - expected);
    return !(difference <= TOLERANCE * Math.max(1, Math.abs(expected)));
  });
  if (wrong.length > 0) {
    throw new GpuUnavailableError(
      `This engine computes wrong numbers here: ${wrong.length} of ${selfTestNumbers.length} results of its self-test differ.`,
    );
  }
}

/** What the current engine makes of the tiny model; every op runs as in training. */
export async function computeSelfTest(): Promise<number[]> {
  const results = tidy(() => {
    const a = wave([8, 8], 1);
    const b = wave([16, 4], 2);
    const gate = wave([16, 8], 3);
    const head = wave([12, 8], 4);
    const trained = [a, b, gate, head];
    const { value, gradients } = backward(() => tinyLoss(a, b, gate, head), trained);
    const probes = trained.map(({ shape }, i) => sum(mul(at(gradients, i), wave(shape, 9 + i))));
    return [value, ...probes];
  });
  const numbers: number[] = [];
  for (const result of results) numbers.push(at(await result.data(), 0));
  for (const result of results) result.dispose();
  return numbers;
}

/** One block and a head, width 8, two heads that share one key/value head, nine tokens. */
function tinyLoss(a: Tensor, b: Tensor, gate: Tensor, head: Tensor): Tensor {
  const ids = tensor([3, 1, 4, 1, 5, 9, 2, 6, 5], [9], 'int32');
  const positions = tensor([0, 1, 2, 3, 4, 5, 6, 7, 8], [9], 'int32');
  const gamma = tensor([1, 0.9, 1.1, 1, 0.8, 1.2, 1, 1]);
  const x = embedding(denseWeight(wave([12, 8], 20)), ids);
  const qkv = linear(rmsNorm(x, gamma, 1e-5), denseWeight(wave([16, 8], 21)), {
    adapter: {
      a,
      b,
      rank: 4,
      scale: 2,
      slots: [
        { start: 0, end: 8 },
        { start: 8, end: 16 },
      ],
    },
  });
  const turned = rope(qkv, wave([9, 4], 22), positions, { heads: 3, headDim: 4, rotaryDim: 4 });
  const shape = { heads: 2, kvHeads: 1, headDim: 4, scale: 0.5, window: 0 };
  const mixed = linear(attention(turned, 1, 9, shape), denseWeight(wave([8, 8], 23)), {
    residual: x,
  });
  const hidden = swiGlu(linear(rmsNorm(mixed, gamma, 1e-5), denseWeight(gate)));
  const rows = tensor([2, 5, 7, 8], [4], 'int32');
  const targets = tensor([0, 11, 3, 7], [4], 'int32');
  return sum(crossEntropy(hidden, denseWeight(head), rows, targets, true).nll);
}

/** Numbers in ±0.7 that need no generator: multiples of the golden ratio. */
function wave(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from(
    { length: size },
    (_, i) => 1.4 * (((i + 1) * 0.618033988749895 + seed * 0.754877666) % 1) - 0.7,
  );
  return tensor(values, [...shape]);
}
