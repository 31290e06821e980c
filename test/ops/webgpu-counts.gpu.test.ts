/**
 * What a training step costs in dispatches, submissions and memory on WebGPU: exact counts, which
 * do not depend on the adapter.
 */
import {
  engine,
  memory,
  tensor,
  variable,
  variableGrads,
  sum,
  type Scalar,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../models/load.ts';
import { squaredSum } from '../../src/ops/adamw/adamw.ts';
import { gelu } from '../../src/ops/gelu/gelu.ts';
import { linear } from '../../src/ops/linear/linear.ts';
import type { CrossEntropyAttributes } from '../../src/ops/cross-entropy/cross-entropy.ts';
import { crossEntropyKernels } from '../../src/ops/cross-entropy/program.ts';
import { fromFlat } from '../../src/ops/named.ts';
import { denseWeight } from '../../src/ops/weight.ts';
import { createRandom } from '../../src/random.ts';
import { batchGradients, disposeGradients, readLossAndNorm } from '../../src/train/loss.ts';
import { createOptimizer, disposeOptimizer, updateParameters } from '../../src/train/optimizer.ts';
import { openReference, referenceAdapter, referenceBatch } from '../models/parity.ts';
import { countGpu } from '../support/gpu-counts.ts';
import { gpuProblems, useWebGpu } from '../support/webgpu.ts';
import { kernelCases, type KernelCase } from './cases.ts';
import { relativeError, runCase } from './run-case.ts';

// As in the test of the kernels.
const TOLERANCE = 1e-4;

beforeAll(async () => {
  await useWebGpu();
});

const cases = kernelCases();

/** Dispatches of one run of a kernel, by name and what matters of the case. */
function budget({ kernel, inputs, attributes }: KernelCase): number {
  switch (kernel) {
    case 'IdiolectLinear':
      return inputs['a'] ? 2 : 1;
    case 'IdiolectAttentionBackward':
      // The forward pass, which the case runs first, then dq and dk|dv; wide heads take them apart.
      return 1 + ((attributes['headDim'] as number) > 32 ? 3 : 2);
    case 'IdiolectFlatten':
    case 'IdiolectUnflatten':
      // Copies.
      return 0;
    case 'IdiolectCachedAttention':
    case 'IdiolectRmsNormGammaGradient':
    case 'IdiolectLayerNormGammaGradient':
      return 2;
    case 'IdiolectCrossEntropy':
      return attributes['gradient'] ? 3 : 2;
    case 'IdiolectCrossEntropyWeightGradient':
      return 3;
    default:
      return 1;
  }
}

describe('dispatches', () => {
  it.each([...new Set(cases.map(({ kernel }) => kernel))])('%s', async (kernel) => {
    // Shapes do not change the count, so the smallest case of each kind will do.
    const kinds = new Map<number, KernelCase>();
    for (const item of cases.filter((candidate) => candidate.kernel === kernel)) {
      if (!kinds.has(budget(item))) kinds.set(budget(item), item);
    }
    for (const [expected, item] of kinds) {
      const { dispatches } = await countGpu(() => runCase(item, 'webgpu'));
      expect(dispatches, item.label).toBe(expected);
    }
  });

  it('linear with adapter: 2 forward; g, dx, da and db backward', async () => {
    const random = createRandom(1);
    const draw = (...shape: number[]) =>
      tensor(
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
        shape,
      );
    const x = variable(draw(5, 8));
    const a = variable(draw(2, 8));
    const b = variable(draw(12, 2));
    const weight = denseWeight(draw(12, 8));
    const adapter = { a, b, rank: 2, scale: 2, slots: [{ start: 0, end: 12 }] };
    const forward = await countGpu(() => linear(x, weight, { adapter }));
    expect(forward.dispatches).toBe(2);
    const both = await countGpu(() =>
      variableGrads(() => sum<Scalar>(linear(x, weight, { adapter })), [x, a, b]),
    );
    // The sum adds one, its gradient a fill and a product.
    expect(both.dispatches - 3).toBe(2 + 4);
    forward.result.dispose();
    both.result.value.dispose();
    for (const result of [...Object.values(both.result.grads), x, a, b, weight.parts[0]!]) {
      result.dispose();
    }
  });

  it('sums squares of many values in two', async () => {
    const x = tensor(new Float32Array(10_000).fill(0.5));
    const { dispatches, result } = await countGpu(() => squaredSum(x));
    expect(dispatches).toBe(2);
    expect((await result.data())[0]).toBe(2500);
    x.dispose();
    result.dispose();
  });
});

it('takes the head in chunks of a byte budget: three dispatches each, the same numbers', async () => {
  const item = cases.findLast(
    ({ kernel, label }) => kernel === 'IdiolectCrossEntropy' && label.endsWith('f32 in parts'),
  )!;
  const expected = await runCase(item, 'cpu');
  await useWebGpu();
  const inputs = Object.fromEntries(
    Object.entries(item.inputs).map(([name, { values, shape, dtype }]) => [
      name,
      tensor(values.slice(), shape, dtype),
    ]),
  );
  const tensors = memory().numTensors;
  const rowBytes = 4 * (item.attributes['rows'] as number);
  const { crossEntropy } = crossEntropyKernels(5 * rowBytes);
  const named = fromFlat(item.kernel, ['x', 'w*', 'rows', 'targets'], inputs);
  const attributes = item.attributes as unknown as CrossEntropyAttributes;
  const { dispatches, result } = await countGpu(() => crossEntropy(named, attributes));
  const rows = inputs['rows']!.shape[0];
  expect(dispatches).toBe(3 * Math.ceil(rows / 5));
  const { nll, correct, dx } = result;
  const outputs = [nll, correct, dx!].map((info) => engine().makeTensorFromTensorInfo(info));
  for (const [i, output] of outputs.entries()) {
    const values = (await output.data()) as Float32Array;
    expect(relativeError(values, expected[i]!)).toBeLessThan(TOLERANCE);
  }
  for (const output of [...outputs]) output.dispose();
  expect(memory().numTensors).toBe(tensors);
  for (const input of Object.values(inputs)) input.dispose();
});

describe('a training step', () => {
  it('of two Llama blocks: exact dispatches, few submissions, the same bits again', async () => {
    const { reference, opened } = await openReference('llama');
    const model = await loadModel(opened, {
      precision: 'as-stored',
      trainable: false,
      maxTensorBytes: Number.POSITIVE_INFINITY,
    });
    const adapter = referenceAdapter(model, reference);
    const parameters = adapter.variables.map((variable) => ({ ...variable, decays: true }));
    const variables = parameters.map(({ variable }) => variable);
    const state = createOptimizer(parameters);
    const step = async () => {
      const result = batchGradients(model, referenceBatch(reference), variables, 3, { adapter });
      const numbers = await readLossAndNorm(result);
      // A learning rate of zero: the next step must find the same parameters.
      const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
      updateParameters(state, parameters, result.gradient, 0, 1, settings);
      disposeGradients(result);
      return numbers;
    };
    await step();
    const tensors = memory().numTensors;
    const first = await countGpu(step);
    const second = await countGpu(step);
    expect(second.dispatches).toBe(first.dispatches);
    expect(first.dispatches).toBe(STEP_DISPATCHES);
    expect(first.submits).toBe(1);
    expect(first.readbacks).toBe(1);
    expect(second.pipelines).toBe(0);
    expect(second.result).toEqual(first.result);
    expect(memory().numTensors).toBe(tensors);
    expect(gpuProblems).toEqual([]);
    disposeOptimizer(state);
    adapter.dispose();
    model.dispose();
  });
});

// 35 for each of two blocks with narrow heads, 3 for the one chunk of logits, 10 for the rest; as on
// the counting device of webgpu-budget.test.ts.
const STEP_DISPATCHES = 2 * 35 + 3 + 10;

it('allocates no more, however the lengths of the batches change', async () => {
  const width = 2048;
  const lengths = Array.from({ length: 20 }, (_, i) => 64 + 13 * i);
  const bytes = () =>
    (memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
  const step = async (length: number) => {
    const x = tensor(new Float32Array(length * width).fill(0.5), [length, width]);
    const y = gelu(x, 'tanh');
    const z = gelu(y, 'tanh');
    await z.data();
    for (const operand of [x, y, z]) operand.dispose();
  };
  const allocated: number[] = [];
  for (let round = 0; round < 4; round++) {
    for (const length of lengths) await step(length);
    allocated.push(bytes());
  }
  // Kept for all lengths the buffers would take 4 × 4 bytes × Σ lengths × width = 62 MB.
  expect(allocated[0]).toBeLessThan(30e6);
  expect(allocated[3]).toBe(allocated[1]);
});
