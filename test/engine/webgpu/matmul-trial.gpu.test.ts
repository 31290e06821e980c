/** The trial of the two matrix products on a real device, kept in the browser's private folder. */
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { chooseMatmul } from '../../../src/engine/webgpu/choose-matmul.ts';
import { matmulVariant } from '../../../src/engine/webgpu/kernel-variants.ts';
import { matmulTrial } from '../../../src/ops/matmul-trial.ts';
import { opfsNotes } from '../../../src/storage/notes.ts';
import { countGpu } from '../../support/gpu-counts.ts';
import { gpuProblems, useWebGpu } from '../../support/webgpu.ts';

let adapter: GPUAdapter;
beforeAll(async () => {
  await useWebGpu();
  adapter = (await navigator.gpu.requestAdapter())!;
});

it('is tried once and then remembered', async () => {
  // A folder of this run: nothing is known in it.
  const store = opfsNotes(`trial-${Date.now()}`);
  let runs = 0;
  // The adapter of the tests is one that is not tried, and slow: so under another name, and small.
  const description = { vendor: 'nobody', architecture: 'unknown', device: '', description: '' };
  const work = (_side: number, products: number) => {
    runs++;
    return matmulTrial(64, products);
  };
  const choose = () =>
    chooseMatmul(description, adapter, { work, store, now: () => performance.now() });
  const tensors = memory().numTensors;
  const began = performance.now();
  const first = await choose();
  console.info(`trial: ${Math.round(performance.now() - began)} ms. ${first.reason}`);
  expect(first.reason).toMatch(/: [\d.]+ ms a product in a trial against [\d.]+ ms\.$/);
  expect(runs).toBe(9);

  const second = await choose();
  expect(second.variant).toBe(first.variant);
  expect(second.reason).toContain('earlier trial');
  expect(runs).toBe(9);
  expect(matmulVariant()).toBe(first.variant);
  expect(memory().numTensors).toBe(tensors);
  expect(gpuProblems).toEqual([]);
});

it('computes every product and waits for the last', async () => {
  const { dispatches, readbacks } = await countGpu(() => matmulTrial(32, 3));
  expect(dispatches).toBe(3);
  expect(readbacks).toBe(1);
});
