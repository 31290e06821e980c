/** The helper threads of the CPU engine, and handing jobs to them through shared memory. */
import { HelperLostError } from '../../errors.ts';
import { startWorker } from '../../policed-worker.ts';
import { isNode, nodeModule, type KernelModule } from './module.ts';

export interface ThreadPool {
  /** Threads in all, the caller's included. */
  readonly size: number;
  /**
   * Runs one kernel and returns when all its parts are done. Whoever is free takes the next part;
   * a helper that is late finds the job closed, so nobody waits for one to wake up.
   * @throws Error when a helper failed, HelperLostError when one does not come back
   */
  run(job: ThreadJob): void;
  terminate(): void;
}

export interface ThreadJob {
  /** Index among the kernels. */
  kernel: number;
  args: readonly number[];
  parts: number;
  /** Scratch memory of the first thread, and bytes from one thread's to the next one's. */
  scratch: number;
  stride: number;
}

type Exports = Record<string, (...args: number[]) => void>;

/** The control block; see thread.js. */
const CONTROL_BYTES = 512;
const SEQUENCE = 0;
const GATE = 1;
const KERNEL = 2;
const ARGUMENTS = 3;
const PARTS = 4;
const FAILED = 5;
const NEXT = 6;
const OPEN = 1;

/** Rounds of looking before the caller goes to sleep. */
const SPIN = 20_000;
/** Far longer than any part of a kernel takes, on a busy machine too. */
const LOST_MILLISECONDS = 60_000;
/** A helper that has not answered by then will not: loading it takes a few milliseconds. */
const START_MILLISECONDS = 10_000;

/** @throws Error when a helper does not start; those that did are ended */
export async function startThreads(
  { module }: KernelModule,
  memory: WebAssembly.Memory,
  exports: Exports,
  kernels: readonly string[],
  size: number,
  lostMilliseconds = LOST_MILLISECONDS,
): Promise<ThreadPool> {
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  const words = new Int32Array(control);
  const numbers = new Float64Array(control, 64);
  const helpers = Array.from({ length: size - 1 }, (_, i) =>
    createHelper({ module, memory, control, thread: i + 1, kernels }),
  );
  try {
    await Promise.all(helpers.map(({ ready }) => inTime(ready)));
  } catch (cause) {
    for (const { stop } of helpers) stop();
    throw cause;
  }
  return {
    size,
    run({ kernel, args, parts, scratch, stride }) {
      numbers[0] = scratch;
      numbers[1] = stride;
      numbers.set(args, 2);
      words[KERNEL] = kernel;
      words[ARGUMENTS] = args.length;
      words[PARTS] = parts;
      words[NEXT] = 0;
      // The last job may have thrown in the caller before a helper's failure was read.
      words[FAILED] = 0;
      Atomics.store(words, GATE, OPEN);
      Atomics.add(words, SEQUENCE, 1);
      Atomics.notify(words, SEQUENCE);
      const work = exports[kernels[kernel]!]!;
      try {
        for (let part = take(); part < parts; part = take()) work(...args, part, parts, scratch);
      } finally {
        // Also when a part of the caller fails: the next job must not find helpers in this one.
        words[NEXT] = parts;
        Atomics.and(words, GATE, ~OPEN);
        waitForHelpers();
      }
      if (Atomics.load(words, FAILED) !== 0) {
        throw new Error(`A helper thread failed in the kernel ${kernels[kernel]!}.`);
      }
    },
    terminate: () => helpers.forEach(({ stop }) => stop()),
  };

  function take(): number {
    return Atomics.add(words, NEXT, 1);
  }

  function waitForHelpers(): void {
    for (let spins = 0; spins < SPIN; spins++) if (Atomics.load(words, GATE) === 0) return;
    const began = performance.now();
    for (;;) {
      const inside = Atomics.load(words, GATE);
      if (inside === 0) return;
      Atomics.wait(words, GATE, inside, 100);
      if (performance.now() - began > lostMilliseconds) {
        throw new HelperLostError(
          'A helper thread of the CPU engine does not answer any more. Start this again: the engine goes on with one thread.',
        );
      }
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
  const worker = startWorker(new URL('./thread.js', import.meta.url));
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
