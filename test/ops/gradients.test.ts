/**
 * The gradient of every op on the tape against central finite differences of its own forward
 * pass, on the cpu backend (the plain references).
 */
import '@tensorflow/tfjs-backend-cpu';
import {
  add,
  memory,
  mul,
  setBackend,
  sum,
  tensor,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention } from '../../src/ops/attention/attention.ts';
import { backward } from '../../src/ops/backward.ts';
import { crossEntropy } from '../../src/ops/cross-entropy/cross-entropy.ts';
import { dropout } from '../../src/ops/dropout/dropout.ts';
import { embedding } from '../../src/ops/embedding/embedding.ts';
import { gelu } from '../../src/ops/gelu/gelu.ts';
import { layerNorm } from '../../src/ops/layer-norm/layer-norm.ts';
import { linear } from '../../src/ops/linear/linear.ts';
import { linearAfter } from '../../src/ops/linear/recomputable.ts';
import { registerOps } from '../../src/ops/register.ts';
import { rmsNorm, rmsNormOf } from '../../src/ops/rms-norm/rms-norm.ts';
import { rope } from '../../src/ops/rope/rope.ts';
import { swiGlu, swiGluOf } from '../../src/ops/swiglu/swiglu.ts';
import { denseWeight, uploadWeight } from '../../src/ops/weight.ts';
import { createRandom } from '../../src/random.ts';

const random = createRandom(5);
const STEP = 1e-2;
// Central differences in float32: rounding 1e-7/STEP plus curvature STEP² ≈ 1e-4, both × values of order 1.
const TOLERANCE = 4e-3;

type Function = (...inputs: Tensor[]) => Tensor;

function draw(shape: number[], scale = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, () => scale * random.normal()),
    shape,
  );
}

/** Weighs each output by a fixed random number, so that every gradient entry is exercised. */
async function expectGradients(f: Function, inputs: Tensor[]): Promise<void> {
  const probe = f(...inputs);
  const weights = draw(probe.shape);
  probe.dispose();
  const scalar = (...xs: Tensor[]) => sum(mul(f(...xs), weights));
  const before = memory().numTensors;
  const { value, gradients } = backward(() => scalar(...inputs), inputs);
  expect(memory().numTensors).toBe(before + 1 + inputs.length);
  value.dispose();
  for (const [index, input] of inputs.entries()) {
    const values = await input.data();
    const gradient = await gradients[index]!.data();
    for (let i = 0; i < values.length; i++) {
      const at = async (delta: number) => {
        const moved = Float32Array.from(values);
        moved[i]! += delta;
        const out = tidy(() =>
          scalar(...inputs.map((x, k) => (k === index ? tensor(moved, x.shape) : x))),
        );
        return (await out.data())[0]!;
      };
      const numeric = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
      expect(Math.abs(gradient[i]! - numeric)).toBeLessThan(
        TOLERANCE * Math.max(1, Math.abs(numeric)),
      );
    }
  }
}

const int32 = (values: number[]) => tensor(values, [values.length], 'int32');

beforeAll(async () => {
  await setBackend('cpu');
  registerOps('cpu');
});

describe('gradients against finite differences', () => {
  it('linear with bias, residual, and two adapted slots', async () => {
    await expectGradients(
      (x, w, bias, residual, a, b) =>
        linear(x, denseWeight(w), {
          bias,
          residual,
          adapter: {
            a: a,
            b: b,
            rank: 2,
            scale: 1.5,
            slots: [
              { start: 0, end: 2 },
              { start: 3, end: 5 },
            ],
          },
        }),
      [draw([3, 4]), draw([5, 4]), draw([5]), draw([3, 5]), draw([4, 4]), draw([4, 2])],
    );
  });

  it('linear whose adapter has its own input', async () => {
    await expectGradients(
      (x, a, b, input) =>
        linear(x, denseWeight(tensor([1, 2, 3, 4], [2, 2])), {
          adapter: {
            a: a,
            b: b,
            rank: 1,
            scale: 2,
            slots: [{ start: 0, end: 2 }],
            input: input,
          },
        }),
      [draw([3, 2]), draw([1, 2]), draw([2, 1]), draw([3, 2])],
    );
  });

  it('linear with a weight in parts', async () => {
    const weight = uploadWeight(
      Float32Array.from({ length: 15 }, (_, i) => Math.sin(i)),
      5,
      3,
      'f32',
      2 * 3 * 4,
    );
    expect(weight.parts.length).toBe(3);
    await expectGradients((x) => linear(x, weight), [draw([2, 3])]);
  });

  it('SwiGLU or a norm and a linear in one', async () => {
    const adapter = (a: Tensor, b: Tensor) => ({
      adapter: { a, b, rank: 2, scale: 1.5, slots: [{ start: 0, end: 5 }] },
    });
    await expectGradients(
      (x, w, residual, a, b) =>
        linearAfter(swiGluOf(x), denseWeight(w), { residual, ...adapter(a, b) }),
      [draw([3, 8]), draw([5, 4]), draw([3, 5]), draw([2, 4]), draw([5, 2])],
    );
    await expectGradients(
      (x, gamma, w, bias, a, b) =>
        linearAfter(rmsNormOf(x, gamma, 1e-5), denseWeight(w), { bias, ...adapter(a, b) }),
      [draw([3, 4]), draw([4]), draw([5, 4]), draw([5]), draw([2, 4]), draw([5, 2])],
    );
  });

  it('a residual stream, joined by the norm or by an addition', async () => {
    const weight = denseWeight(draw([5, 5]));
    await expectGradients(
      (x, g) => linear(rmsNorm(x, g, 1e-5), weight, { residual: x }),
      [draw([3, 5]), draw([5])],
    );
    await expectGradients(
      (x, g) => linearAfter(rmsNormOf(x, g, 1e-5), weight, { residual: x }),
      [draw([3, 5]), draw([5])],
    );
    await expectGradients((x) => add(mul(x, x), x), [draw([3, 5])]);
  });

  it('norms', async () => {
    await expectGradients((x, g) => rmsNorm(x, g, 1e-5), [draw([3, 5]), draw([5])]);
    await expectGradients(
      (x, g, b) => layerNorm(x, g, b, 1e-5),
      [draw([3, 5]), draw([5]), draw([5])],
    );
  });

  it('rope, whole and partial', async () => {
    for (const rotaryDim of [4, 2]) {
      const table = draw([6, rotaryDim]);
      await expectGradients(
        (x) => rope(x, table, int32([0, 3, 5]), { heads: 2, headDim: 4, rotaryDim }),
        [draw([3, 10])],
      );
    }
  });

  it('attention, grouped and windowed', async () => {
    const shape = { heads: 4, kvHeads: 2, headDim: 3, scale: 0.6, window: 0 };
    await expectGradients((qkv) => attention(qkv, 2, 3, shape), [draw([6, 24])]);
    await expectGradients((qkv) => attention(qkv, 1, 5, { ...shape, window: 2 }), [draw([5, 24])]);
  });

  it('activations and dropout', async () => {
    await expectGradients((x) => swiGlu(x), [draw([3, 8])]);
    await expectGradients((x) => gelu(x, 'tanh'), [draw([3, 5])]);
    await expectGradients((x) => gelu(x, 'erf'), [draw([3, 5])]);
    await expectGradients((x) => dropout(x, 0.4, 12), [draw([6, 5])]);
  });

  it('embedding and cross-entropy, head included', async () => {
    await expectGradients(
      (table) => embedding(denseWeight(table), int32([2, 0, 2])),
      [draw([4, 3])],
    );
    await expectGradients(
      (x, head) => crossEntropy(x, denseWeight(head), int32([3, 1]), int32([0, 4]), true).nll,
      [draw([4, 3]), draw([5, 3])],
    );
  });
});
