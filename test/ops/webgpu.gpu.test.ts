/**
 * WebGPU in a real browser: every kernel against its plain reference on the cpu backend. Without
 * an adapter these tests fail; they are never skipped.
 */
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startWebGpuEngine } from '../../src/engine/webgpu/engine.ts';
import { registerOps } from '../../src/ops/register.ts';
import { webgpuKernels } from '../../src/ops/webgpu-kernels.ts';
import { parityErrors, variants } from '../models/parity.ts';
import { kernelCases } from './cases.ts';
import { relativeError, runCase } from './run-case.ts';

// Relative to the largest value: graphics processors may round exp and division differently.
const TOLERANCE = 1e-4;
const MODEL_TOLERANCE = 1e-3;

beforeAll(async () => {
  await setBackend('cpu');
  registerOps('cpu');
});

it('finds an adapter', async () => {
  const report = await startWebGpuEngine({ allowSoftware: true });
  registerOps('webgpu', webgpuKernels);
  expect(report.name).toBe('webgpu');
});

describe('kernels', () => {
  const cases = kernelCases();
  const kernels = [...new Set(cases.map(({ kernel }) => kernel))];
  it.each(kernels)('%s', async (kernel) => {
    for (const item of cases.filter((own) => own.kernel === kernel)) {
      const expected = await runCase(item, 'cpu');
      await setBackend('webgpu');
      const tensors = memory().numTensors;
      const actual = await runCase(item, 'webgpu');
      actual.forEach((values, i) => {
        expect(relativeError(values, expected[i]!), item.label).toBeLessThan(TOLERANCE);
      });
      expect(memory().numTensors, item.label).toBe(tensors);
    }
  });
});

describe('models against transformers and PEFT', () => {
  it.each(variants)('%s', async (variant) => {
    await setBackend('webgpu');
    const errors = await parityErrors(variant, 'as-stored', 3);
    console.log('parity webgpu', variant, JSON.stringify(errors));
    expect(errors.logits).toBeLessThan(MODEL_TOLERANCE);
    expect(errors.loss).toBeLessThan(MODEL_TOLERANCE);
    expect(errors.gradients).toBeLessThan(MODEL_TOLERANCE);
    expect(errors.tenLosses).toBeLessThan(MODEL_TOLERANCE);
  });
});
