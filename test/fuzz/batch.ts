/** A worker thread that runs batches of cases: it may hang or run out of memory, and is ended then. */
import fc from 'fast-check';
import { parentPort, workerData } from 'node:worker_threads';
import { propertyOf } from './property.ts';
import { fuzzTargets } from './targets.ts';

export interface Batch {
  target: string;
  seed: number;
  cases: number;
  /** One case alone, as a failure names it. */
  path?: string | undefined;
}

export interface BatchResult {
  /** Cases read, those of shrinking not among them. */
  cases: number;
  failure?: Failure;
}

export interface Failure {
  /** Finds the case again, with the seed. */
  path: string;
  error: string;
  /** The smallest case found that fails. */
  input: unknown;
}

/** Places in the shared memory: the number of the case under way, and of those begun in all. */
export const UNDER_WAY = 0;
export const BEGUN = 1;

const SHRINKING_MS = 20_000;

async function run(
  { target: name, seed, cases, path }: Batch,
  clock: Int32Array,
): Promise<BatchResult> {
  const [target] = (await fuzzTargets(name)).filter((one) => one.name === name);
  let begun = 0;
  let failed = false;
  const property = propertyOf(target!, {
    begin: () => {
      Atomics.add(clock, BEGUN, 1);
      // Shrinking begins with the case that failed, and is known by it.
      if (!failed) Atomics.store(clock, UNDER_WAY, begun++);
    },
    failed: () => (failed = true),
  });
  const result = await fc.check(property, {
    seed,
    numRuns: cases,
    interruptAfterTimeLimit: SHRINKING_MS,
    ...(path !== undefined && { path }),
  });
  if (result.counterexample === null) return { cases: begun };
  const { errorInstance: error, counterexamplePath } = result;
  return {
    cases: begun,
    failure: {
      path: counterexamplePath,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      input: result.counterexample[0],
    },
  };
}

if (parentPort !== null) {
  const port = parentPort;
  const clock = new Int32Array(workerData as SharedArrayBuffer);
  port.on('message', (batch: Batch) => {
    void run(batch, clock).then((result) => port.postMessage(result));
  });
}
