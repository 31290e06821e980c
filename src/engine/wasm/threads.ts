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
/** A helper that has not answered by then will not: loading it takes a few milliseconds. */
const START_MILLISECONDS = 10_000;

/** @throws Error when a helper does not start; those that did are ended */
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
  const helpers = Array.from({ length: size - 1 }, (_, i) =>
    createHelper({ module, memory, control, part: i + 1, kernels }),
  );
  try {
    await Promise.all(helpers.map(({ ready }) => inTime(ready)));
  } catch (cause) {
    for (const { stop } of helpers) stop();
    throw cause;
  }
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
      try {
        exports[kernels[kernel]!]!(...args, 0, size, scratch);
      } finally {
        // Also when the caller's own part fails: the next job must not find helpers in this one.
        waitFor(size - 1);
      }
      if (Atomics.exchange(words, 5, 0) !== 0) {
        throw new Error(`A helper thread failed in the kernel ${kernels[kernel]!}.`);
      }
    },
    terminate: () => helpers.forEach(({ stop }) => stop()),
  };

  function waitFor(helpersDone: number): void {
    let spins = 0;
    for (;;) {
      const done = Atomics.load(words, 1);
      if (done === helpersDone) return;
      if (++spins > SPIN) Atomics.wait(words, 1, done, 100);
    }
  }
}

interface Helper {
  /** Settles when the helper has its own instance of the kernels, or failed to get one. */
  ready: Promise<void>;
  stop: () => void;
}

async function inTime(ready: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('a helper thread did not start in time')),
      START_MILLISECONDS,
    );
  });
  try {
    await Promise.race([ready, late]);
  } finally {
    clearTimeout(timer);
  }
}

function createHelper(job: object): Helper {
  return isNode() ? createNodeHelper(job) : createBrowserHelper(job);
}

function createBrowserHelper(job: object): Helper {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { type: 'module' });
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message || 'a helper thread failed'));
    worker.postMessage(job);
  });
  return { ready, stop: () => worker.terminate() };
}

interface NodeWorker {
  once(event: 'message' | 'error', listen: (value: unknown) => void): void;
  unref(): void;
  terminate(): Promise<number>;
}

function createNodeHelper(job: object): Helper {
  let worker: NodeWorker | undefined;
  let stopped = false;
  const start = async () => {
    const { Worker: ThreadWorker } = (await import(
      /* @vite-ignore */ nodeModule('worker_threads')
    )) as { Worker: new (url: URL, options: object) => NodeWorker };
    if (stopped) return;
    // A loader of TypeScript that the command runs under is of no use to a plain script.
    const created = new ThreadWorker(new URL('./thread.js', import.meta.url), {
      workerData: job,
      execArgv: [],
    });
    worker = created;
    await new Promise<void>((resolve, reject) => {
      created.once('message', () => resolve());
      created.once('error', (error) =>
        reject(error instanceof Error ? error : new Error(String(error))),
      );
    });
    // Only now: a process must not end for want of work while it waits for its threads.
    created.unref();
  };
  return {
    ready: start(),
    stop: () => {
      stopped = true;
      void worker?.terminate();
    },
  };
}
