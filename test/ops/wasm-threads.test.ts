/** The CPU engine gives the same bits on any number of threads, and says in words when memory ends. */
import '@tensorflow/tfjs-backend-cpu';
import { removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { Allocator } from '../../src/engine/wasm/allocator.ts';
import { startWasmEngine, wasmBackend } from '../../src/engine/wasm/engine.ts';
import { OutOfMemoryError } from '../../src/errors.ts';
import { registerOps } from '../../src/ops/register.ts';
import { wasmKernels } from '../../src/ops/wasm-kernels.ts';
import { kernelCases, type HostTensor, type KernelCase } from './cases.ts';
import { runCase } from './run-case.ts';

/** Kernels whose inputs are rows that may be repeated at will. */
const BY_ROWS = /Norm|Rope|SwiGlu|Gelu|Dropout|SquaredSum|AdamW|ColumnSum/;
/** Enough to pass the amount of work from which the engine uses its threads, and not a power of two. */
const REPEATS = 150;

function repeated(input: HostTensor): HostTensor {
  const values =
    input.dtype === 'int32'
      ? new Int32Array(input.values.length * REPEATS)
      : new Float32Array(input.values.length * REPEATS);
  for (let i = 0; i < REPEATS; i++) values.set(input.values, i * input.values.length);
  return { ...input, values, shape: [input.shape[0]! * REPEATS, ...input.shape.slice(1)] };
}

function enlarged(item: KernelCase): KernelCase {
  if (!BY_ROWS.test(item.kernel)) return item;
  const once = ['gamma', 'beta', 'table'];
  const inputs = Object.entries(item.inputs).map(
    ([name, input]) => [name, once.includes(name) ? input : repeated(input)] as const,
  );
  return { ...item, inputs: Object.fromEntries(inputs) };
}

const cases = kernelCases().map(enlarged);
const bitsOf = (values: Float32Array) =>
  new Int32Array(values.buffer, values.byteOffset, values.length);

async function runAll(threads: number, relaxed: boolean): Promise<Float32Array[][]> {
  await startWasmEngine({ threads, relaxed });
  registerOps('wasm', wasmKernels);
  expect(wasmBackend().threads).toBe(threads);
  const results: Float32Array[][] = [];
  for (const item of cases) results.push(await runCase(item, 'wasm'));
  await setBackend('cpu');
  removeBackend('wasm');
  return results;
}

describe.each([{ relaxed: true }, { relaxed: false }])('relaxed $relaxed', ({ relaxed }) => {
  it('gives the same bits on one, two and three threads', async () => {
    const one = await runAll(1, relaxed);
    for (const threads of [2, 3]) {
      const more = await runAll(threads, relaxed);
      const different = cases.filter((_, i) =>
        one[i]!.some((values, k) => {
          const bits = bitsOf(values);
          return !bitsOf(more[i]![k]!).every((word, at) => word === bits[at]);
        }),
      );
      expect(different.map(({ kernel, label }) => `${kernel} ${label}`)).toEqual([]);
    }
  });
});

describe('threads', () => {
  afterEach(async () => {
    await setBackend('cpu');
    removeBackend('wasm');
  });

  it('says so when a helper fails, and works on afterwards', async () => {
    await startWasmEngine({ threads: 2 });
    const engine = wasmBackend();
    const [rows, width] = [8, 4096];
    const good = engine.output([rows, width]);
    const fill = (target: number) =>
      engine.run('startOutput', [target, rows, width, 0, 0], rows * width * 100);
    // The first half of the rows fits before the end of the memory, the helper's half does not.
    const end = engine.allocator.reservedBytes;
    expect(() => fill(end - (rows / 2) * width * 4)).toThrow(/helper thread failed/);
    (engine.readSync(good.dataId) as Float32Array).fill(1);
    fill(engine.pointer(good));
    expect((engine.readSync(good.dataId) as Float32Array).every((x) => x === 0)).toBe(true);
  });
});

describe('memory', () => {
  afterEach(() => setBackend('cpu'));

  it('ends in an OutOfMemoryError that leaves the books straight', () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 16 });
    const allocator = new Allocator(memory, 16 * 65536);
    const kept = allocator.allocate(100_000);
    const used = allocator.usedBytes;
    expect(() => allocator.allocate(2_000_000)).toThrow(OutOfMemoryError);
    expect(() => allocator.allocate(2_000_000)).toThrow(/smaller model/);
    expect(allocator.usedBytes).toBe(used);
    allocator.free(kept, 100_000);
    expect(allocator.usedBytes).toBe(0);
    expect(allocator.allocate(100_000)).toBe(kept);
  });
});
