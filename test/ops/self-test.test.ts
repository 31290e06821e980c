/** The stored numbers of the self-test are those of the plain references, and wrong ones are seen. */
import '@tensorflow/tfjs-backend-cpu';
import { memory, mul, registerKernel, setBackend, unregisterKernel } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { GpuUnavailableError } from '../../src/errors.ts';
import { registerOps } from '../../src/ops/register.ts';
import { computeSelfTest, selfTest } from '../../src/ops/self-test.ts';
import { selfTestNumbers } from '../../src/ops/self-test-numbers.ts';
import * as reference from '../../src/ops/swiglu/reference.ts';
import { swiGluBackward } from '../../src/ops/swiglu/swiglu.ts';

// Another JavaScript engine may round exp in the last place.
const STORED = 1e-5;

beforeAll(async () => {
  await setBackend('cpu');
  registerOps('cpu');
});

it('has the numbers of the plain references stored', async () => {
  const numbers = await computeSelfTest();
  expect(numbers.length).toBe(selfTestNumbers.length);
  numbers.forEach((value, i) => expect(Math.abs(value - selfTestNumbers[i]!)).toBeLessThan(STORED));
});

it('passes on a sound engine and leaves no tensor', async () => {
  const tensors = memory().numTensors;
  await selfTest();
  expect(memory().numTensors).toBe(tensors);
});

it('refuses an engine whose gradient is zero', async () => {
  const replace = (factor: number) => {
    unregisterKernel(swiGluBackward.name, 'cpu');
    registerKernel({
      kernelName: swiGluBackward.name,
      backendName: 'cpu',
      kernelFunc: ({ inputs }) => {
        const { dx, y } = reference.swiGluBackward(inputs as never, {});
        return [mul(dx, factor), y];
      },
    });
  };
  replace(0);
  try {
    await expect(selfTest()).rejects.toThrow(GpuUnavailableError);
  } finally {
    replace(1);
  }
});
