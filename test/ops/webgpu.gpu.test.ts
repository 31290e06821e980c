/**
 * WebGPU in a real browser: every kernel against its plain reference on the cpu backend. Without
 * an adapter these tests fail; they are never skipped.
 */
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { setBarriersCostly, setMatmulVariant } from '../../src/engine/webgpu/kernel-variants.ts';
import { createRandom } from '../../src/random.ts';
import { parityErrors, variants } from '../models/parity.ts';
import { gpuProblems, useWebGpu } from '../support/webgpu.ts';
import { kernelCases, type HostTensor, type KernelCase } from './cases.ts';
import { relativeError, runCase } from './run-case.ts';

// Relative to the largest value: graphics processors may round exp and division differently.
const TOLERANCE = 1e-4;
const MODEL_TOLERANCE = 1e-3;

/** Those whose program is a matrix product, of which there are three variants. */
const PRODUCTS = /Linear|Lora|IdiolectCrossEntropy/;
/** Those that sum over rows, by a group or by one invocation. */
const ROWS = /Norm|IdiolectCrossEntropy$|Likeliest/;

it('finds an adapter', async () => {
  expect((await useWebGpu()).name).toBe('webgpu');
});

beforeAll(useWebGpu);

const cases = kernelCases();

async function expectLikeReference(item: KernelCase): Promise<void> {
  const expected = await runCase(item, 'cpu');
  await setBackend('webgpu');
  const tensors = memory().numTensors;
  const actual = await runCase(item, 'webgpu');
  expect(actual.length, item.label).toBe(expected.length);
  actual.forEach((values, i) => {
    expect(relativeError(values, expected[i]!), item.label).toBeLessThan(TOLERANCE);
  });
  expect(memory().numTensors, item.label).toBe(tensors);
  expect(gpuProblems, item.label).toEqual([]);
}

describe('kernels', () => {
  it.each([...new Set(cases.map(({ kernel }) => kernel))])('%s', async (kernel) => {
    for (const item of cases.filter((candidate) => candidate.kernel === kernel)) {
      await expectLikeReference(item);
    }
  });
});

describe.each(['workgroup', 'subgroup'] as const)('matrix products by the %s', (variant) => {
  // Formats are read by the same functions in all variants, so one or two are enough here.
  const others = variant === 'workgroup' ? /bf16|int8/ : /f16|int8/;
  const products = cases.filter(
    ({ kernel, label }) => PRODUCTS.test(kernel) && !others.test(label),
  );
  it.each([...new Set(products.map(({ kernel }) => kernel))])('%s', async (kernel) => {
    setMatmulVariant(variant);
    for (const item of products.filter((one) => one.kernel === kernel))
      await expectLikeReference(item);
    setMatmulVariant('register');
  });

  // Large enough for tiles of 64 × 64, with edges that fill no tile.
  const [count, columns, rows] = [515, 22, 578];
  const random = createRandom(3);
  const normal = (...shape: number[]): HostTensor => ({
    shape,
    dtype: 'float32',
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
  });
  const attributes = { format: 'f32', rank: 0, scale: 0, slots: [] };
  const large: KernelCase[] = [
    {
      kernel: 'IdiolectLinear',
      label: 'large NT',
      inputs: { x: normal(count, columns), w0: normal(rows, columns) },
      attributes: { ...attributes, rows, columns, partRows: rows },
    },
    {
      kernel: 'IdiolectLinearInputGradient',
      label: 'large NN',
      inputs: { dy: normal(count, columns), w0: normal(columns, rows) },
      attributes: { ...attributes, rows: columns, columns: rows, partRows: columns },
    },
    {
      kernel: 'IdiolectLinearWeightGradient',
      label: 'large TN',
      inputs: { dy: normal(columns, count), x: normal(columns, rows) },
      attributes,
    },
  ];
  it.each(large.map((item) => [item.label, item] as const))('%s', async (_, item) => {
    setMatmulVariant(variant);
    await expectLikeReference(item);
    setMatmulVariant('register');
  });
});

describe('attention read by four together', () => {
  it.each(['IdiolectAttention', 'IdiolectAttentionBackward'])('%s', async (kernel) => {
    setMatmulVariant('subgroup');
    const shared = cases.filter(
      (candidate) => candidate.kernel === kernel && /T(12|24) /.test(candidate.label),
    );
    expect(shared.length).toBe(2);
    for (const item of shared) await expectLikeReference(item);
    setMatmulVariant('register');
  });
});

describe('rows by a whole group', () => {
  const rowCases = cases.filter(({ kernel }) => ROWS.test(kernel));
  it.each([...new Set(rowCases.map(({ kernel }) => kernel))])('%s', async (kernel) => {
    // The adapter of the tests is a software adapter: above, each row had one invocation.
    setBarriersCostly(false);
    for (const item of rowCases.filter((one) => one.kernel === kernel))
      await expectLikeReference(item);
    setBarriersCostly(true);
  });
});

describe('models against transformers and PEFT', () => {
  it.each(variants)('%s', async (variant) => {
    await useWebGpu();
    const errors = await parityErrors(variant, 'as-stored', 3);
    expect(errors.logits).toBeLessThan(MODEL_TOLERANCE);
    expect(errors.loss).toBeLessThan(MODEL_TOLERANCE);
    expect(errors.gradients).toBeLessThan(MODEL_TOLERANCE);
    expect(errors.tenLosses).toBeLessThan(MODEL_TOLERANCE);
  });
});
