/** The CPU engine gives the same bits on any number of threads, and hears of helpers that fail. */
import '@tensorflow/tfjs-backend-cpu';
import { removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { startWasmEngine, wasmBackend } from '../../src/engine/wasm/engine.ts';
import { startThreads, type ThreadPool } from '../../src/engine/wasm/threads.ts';
import { HelperLostError } from '../../src/errors.ts';
import { registerOps } from '../../src/ops/register.ts';
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
  registerOps('wasm');
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

  it('works on after a kernel has failed', async () => {
    await startWasmEngine({ threads: 2 });
    const engine = wasmBackend();
    const [rows, width] = [8, 4096];
    const good = engine.output([rows, width]);
    const fill = (target: number) =>
      engine.run('startOutput', [target, rows, width, 0, 0], rows * width * 100);
    // The first half of the rows fits before the end of the memory, the second does not.
    const end = engine.allocator.reservedBytes;
    expect(() => fill(end - (rows / 2) * width * 4)).toThrow(/helper thread failed|out of bounds/);
    (engine.readSync(good.dataId) as Float32Array).fill(1);
    fill(engine.pointer(good));
    expect((engine.readSync(good.dataId) as Float32Array).every((x) => x === 0)).toBe(true);
  });
});

/** A module whose only export `work`, (i32, i32, i32) → (), has the given body. */
function moduleOf(body: number[]): Promise<WebAssembly.Module> {
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 7, 1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0, 3, 2, 1, 0];
  const name = [7, 8, 1, 4, ...Buffer.from('work'), 0, 0];
  const code = [0x0a, body.length + 4, 1, body.length + 2, 0, ...body, 0x0b];
  return WebAssembly.compile(Uint8Array.from([...head, ...name, ...code]));
}
const UNREACHABLE = [0x00];
const ENDLESS_LOOP = [0x03, 0x40, 0x0c, 0x00, 0x0b];

describe('helpers', () => {
  const done: number[] = [];
  const job = { kernel: 0, args: [], parts: 3, scratch: 0, stride: 0 };
  let pool: ThreadPool;
  afterEach(() => pool.terminate());

  /** A helper runs the module; the caller's side is slow, so that the helper takes a part too. */
  async function start(body: number[], milliseconds: number): Promise<void> {
    done.length = 0;
    const kernels = { module: await moduleOf(body), relaxed: false, shared: true };
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const work = (part: number) => {
      done.push(part);
      const end = performance.now() + milliseconds;
      while (performance.now() < end);
    };
    pool = await startThreads(kernels, memory, { work }, ['work'], 2, 200);
  }

  it('that are gone leave their parts to the caller', async () => {
    await start(UNREACHABLE, 0);
    pool.terminate();
    await new Promise((resolve) => setTimeout(resolve, 100));
    pool.run(job);
    expect(done).toEqual([0, 1, 2]);
  });

  it('that fail are heard, each time', async () => {
    await start(UNREACHABLE, 300);
    expect(() => pool.run(job)).toThrow(/failed in the kernel work/);
    expect(() => pool.run(job)).toThrow(/failed in the kernel work/);
  });

  it('that do not come back are reported', async () => {
    await start(ENDLESS_LOOP, 300);
    expect(() => pool.run(job)).toThrow(HelperLostError);
  });
});
