/**
 * Runs targets by turns, batch by batch, in a thread that is watched: a case that computes for more than two
 * seconds or takes too much memory is a failure like any other, and is named by its seed and path.
 */
import fc from 'fast-check';
import { Worker } from 'node:worker_threads';
import { BEGUN, UNDER_WAY, type Batch, type BatchResult, type Failure } from './batch.ts';
import { propertyOf } from './property.ts';
import type { FuzzTarget } from './target.ts';

const HANG_SECONDS = 2;
const HEAP_MB = 512;
/** Of the whole process: buffers are not on the heap. */
const RESIDENT_BYTES = 2 * 1024 ** 3;
const BATCH_CASES = 100;
/** A target that keeps failing has said enough. */
const MOST_FAILURES = 10;

export interface Found extends Failure {
  target: string;
  kind: 'error' | 'hang' | 'memory';
  seed: number;
}

export interface Plan {
  targets: readonly FuzzTarget[];
  seed: number;
  /** Of each target; as many as there is time for when left out. */
  cases?: number | undefined;
  /** All targets together. */
  seconds?: number | undefined;
  /** The case of a failure alone. */
  path?: string | undefined;
  onfound?: (found: Found) => void;
}

export interface TargetCount {
  target: string;
  cases: number;
  /** Processor time of its slowest batch a case, milliseconds. */
  slowest: number;
  failures: Found[];
}

export async function campaign(plan: Plan): Promise<TargetCount[]> {
  const counts = plan.targets.map(({ name }): TargetCount => {
    return { target: name, cases: 0, slowest: 0, failures: [] };
  });
  const end = performance.now() + (plan.seconds ?? Infinity) * 1000;
  const most = plan.path === undefined ? (plan.cases ?? Infinity) : 1;
  const thread = new WatchedThread();
  try {
    for (let round = 0; performance.now() < end; round++) {
      const unfinished = counts.filter(
        ({ cases, failures }) => cases < most && failures.length < MOST_FAILURES,
      );
      if (unfinished.length === 0) break;
      for (const count of unfinished) {
        if (performance.now() >= end) break;
        await runBatch(thread, plan, count, round, Math.min(BATCH_CASES, most - count.cases));
      }
    }
  } finally {
    await thread.end();
  }
  return counts;
}

async function runBatch(
  thread: WatchedThread,
  { targets, seed: first, path, onfound }: Plan,
  count: TargetCount,
  round: number,
  cases: number,
): Promise<void> {
  const seed = first + round;
  const batch = { target: count.target, seed, cases, path };
  const before = process.cpuUsage();
  const outcome = await thread.run(batch);
  const { user, system } = process.cpuUsage(before);
  count.slowest = Math.max(count.slowest, (user + system) / 1000 / Math.max(1, outcome.cases));
  // A batch that failed at once still counts, so that a campaign ends.
  count.cases += Math.max(1, outcome.cases);
  let failure = outcome.failure;
  if (outcome.why !== '') {
    const target = targets.find(({ name }) => name === count.target)!;
    const at = path ?? String(outcome.cases - 1);
    const [sample] = fc.sample(propertyOf(target), { seed, path: at, numRuns: 1 });
    failure = { path: at, error: outcome.why, input: (sample as unknown as [unknown])[0] };
  }
  if (failure === undefined) return;
  const found: Found = { target: count.target, kind: outcome.kind, seed, ...failure };
  count.failures.push(found);
  onfound?.(found);
}

type Outcome = BatchResult & { kind: Found['kind']; why: string };

class WatchedThread {
  readonly #clock = new Int32Array(new SharedArrayBuffer(8));
  #worker: Worker | undefined;

  async run(batch: Batch): Promise<Outcome> {
    Atomics.store(this.#clock, UNDER_WAY, 0);
    const worker = (this.#worker ??= new Worker(new URL('./thread.mjs', import.meta.url), {
      workerData: this.#clock.buffer,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    }));
    const ended = new AbortController();
    const answer = new Promise<Outcome>((resolve) => {
      onceUntil(worker, 'message', ended.signal, (result) =>
        resolve({ kind: 'error', why: '', ...(result as BatchResult) }),
      );
      onceUntil(worker, 'error', ended.signal, (error) => {
        if (codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY') {
          resolve(this.#stopped('memory', `It took more than ${HEAP_MB} MB.`));
        } else resolve(this.#stopped('error', `Nobody waited for this error: ${stackOf(error)}`));
      });
      worker.postMessage(batch);
    });
    const watch = this.#watch();
    try {
      const outcome = await Promise.race([answer, watch.stopped]);
      if (outcome.why !== '') await this.end();
      return outcome;
    } finally {
      ended.abort();
      watch.end();
    }
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #stopped(kind: Found['kind'], why: string): Outcome {
    return { kind, why, cases: Atomics.load(this.#clock, UNDER_WAY) + 1 };
  }

  /** Processor time counts, not the clock on the wall: the machine may have other work. */
  #watch(): { stopped: Promise<Outcome>; end: () => void } {
    let begun = Atomics.load(this.#clock, BEGUN);
    let since = process.cpuUsage();
    let timer: NodeJS.Timeout | undefined;
    const stopped = new Promise<Outcome>((resolve) => {
      timer = setInterval(() => {
        const now = Atomics.load(this.#clock, BEGUN);
        const { user, system } = process.cpuUsage(since);
        // Before the first case the thread loads its targets.
        if (now !== begun || now === 0) [begun, since] = [now, process.cpuUsage()];
        else if (user + system > HANG_SECONDS * 1e6) {
          resolve(this.#stopped('hang', `It took more than ${HANG_SECONDS} s.`));
        } else if (process.memoryUsage.rss() > RESIDENT_BYTES) {
          resolve(this.#stopped('memory', `It took more than ${RESIDENT_BYTES} bytes.`));
        }
      }, 100);
    });
    return { stopped, end: () => clearInterval(timer) };
  }
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

const codeOf = (error: unknown) => (error as { code?: string }).code;

/** A thread's listeners are taken off one by one: without all of them, it hands over no message any more. */
function onceUntil(
  worker: Worker,
  event: 'message' | 'error',
  end: AbortSignal,
  listener: (value: unknown) => void,
): void {
  worker.once(event, listener);
  end.addEventListener('abort', () => worker.off(event, listener), { once: true });
}
