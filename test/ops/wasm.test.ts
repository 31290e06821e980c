/** Every kernel of the CPU engine against its plain reference, in all builds, on one thread and two. */
import '@tensorflow/tfjs-backend-cpu';
import { add, memory, removeBackend, setBackend, tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWasmEngine, wasmBackend } from '../../src/engine/wasm/engine.ts';
import { hasRelaxedSimd } from '../../src/engine/wasm/module.ts';
import { registerOps } from '../../src/ops/register.ts';
import { kernelCases } from './cases.ts';
import { relativeError, runCase } from './run-case.ts';

// Relative to the largest value: float32 sums of up to 330 products in another order.
const TOLERANCE = 5e-6;

const cases = kernelCases();
const expected = new Map<string, Float32Array[]>();
const keyOf = ({ kernel, label }: { kernel: string; label: string }) => `${kernel} ${label}`;

beforeAll(async () => {
  await setBackend('cpu');
  registerOps('cpu');
  for (const item of cases) expected.set(keyOf(item), await runCase(item, 'cpu'));
});

it('knows relaxed SIMD here, so that both builds are tested', () => {
  expect(hasRelaxedSimd()).toBe(true);
});

describe.each([
  { relaxed: true, shared: true, threads: 2 },
  { relaxed: false, shared: true, threads: 1 },
  { relaxed: true, shared: false, threads: 1 },
  { relaxed: false, shared: false, threads: 1 },
])('CPU engine $relaxed $shared $threads', (options) => {
  beforeAll(async () => {
    await startWasmEngine(options);
    registerOps('wasm');
  });
  afterAll(async () => {
    await setBackend('cpu');
    removeBackend('wasm');
  });

  it.each(cases.map((item) => [keyOf(item), item] as const))('%s', async (key, item) => {
    await setBackend('wasm');
    const tensors = memory().numTensors;
    const actual = await runCase(item, 'wasm');
    actual.forEach((values, i) => {
      expect(relativeError(values, expected.get(key)![i]!)).toBeLessThan(TOLERANCE);
    });
    expect(memory().numTensors).toBe(tensors);
  });

  it('adds tensors of one shape, and any others as tfjs does', async () => {
    await setBackend('wasm');
    const a = tensor([1, 2, 3, 4, 5, 6, 7], [7]);
    const b = tensor([10, 20, 30, 40, 50, 60, 70], [7]);
    const whole = tensor([1, 2], [2], 'int32');
    expect([...(await add(a, b).data())]).toEqual([11, 22, 33, 44, 55, 66, 77]);
    expect([...(await add(a, 0.5).data())]).toEqual([1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]);
    expect([...(await add(whole, whole).data())]).toEqual([2, 4]);
  });

  it('gives all memory back', async () => {
    await setBackend('wasm');
    await runCase(cases[0]!, 'wasm');
    const used = wasmBackend().allocator.usedBytes;
    for (const item of cases.slice(0, 40)) await runCase(item, 'wasm');
    expect(wasmBackend().allocator.usedBytes).toBe(used);
  });
});
