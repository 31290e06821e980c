/** The helper threads of the CPU engine, and handing jobs to them through shared memory. */
import { isNode, nodeModule, type KernelModule } from './module.ts';

export interface ThreadPool {
  /** Threads in all, the caller's included. */
  readonly size: number;
  /** Runs one kernel on all threads and returns when all are done; the caller does part 0. */
  run(kernel: number, args: readonly number[], scratch: number, stride: number): void;
  terminate(): void;
}

type Exports = Record<string, (...args: number[]) => void>;

const CONTROL_BYTES = 512;
const SPIN = 20_000;

export async function startThreads(
  { module }: KernelModule,
  memory: WebAssembly.Memory,
  exports: Exports,
  kernels: readonly string[],
  size: number,
): Promise<ThreadPool> {
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  const words = new Int32Array(control);
  const numbers = new Float64Array(control, 64);
  const helpers = await Promise.all(
    Array.from({ length: size - 1 }, (_, i) =>
      startHelper({ module, memory, control, part: i + 1, kernels }),
    ),
  );
  return {
    size,
    run(kernel, args, scratch, stride) {
      numbers[0] = scratch;
      numbers[1] = stride;
      numbers.set(args, 2);
      words[2] = kernel;
      words[3] = args.length;
      words[4] = size;
      Atomics.store(words, 1, 0);
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
      exports[kernels[kernel]!]!(...args, 0, size, scratch);
      let spins = 0;
      for (;;) {
        const done = Atomics.load(words, 1);
        if (done === size - 1) return;
        if (++spins > SPIN) Atomics.wait(words, 1, done, 100);
      }
    },
    terminate: () => helpers.forEach((stop) => stop()),
  };
}

/** → a function that ends the thread. */
async function startHelper(job: object): Promise<() => void> {
  if (isNode()) {
    const { Worker: NodeWorker } = (await import(
      /* @vite-ignore */ nodeModule('worker_threads')
    )) as {
      Worker: new (url: URL, options: object) => { unref(): void; terminate(): Promise<number> };
    };
    // A loader of TypeScript that the command runs under is of no use to a plain script.
    const worker = new NodeWorker(new URL('./thread.js', import.meta.url), {
      workerData: job,
      execArgv: [],
    });
    worker.unref();
    return () => void worker.terminate();
  }
  const worker = new Worker(new URL('./thread.js', import.meta.url), { type: 'module' });
  await new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(job);
  });
  return () => worker.terminate();
}
