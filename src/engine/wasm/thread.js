/**
 * A helper thread of the CPU engine: waits for a job in the control block, does its part with its
 * own instance over the shared memory, says so, and waits again. Plain JavaScript, so that browsers
 * and Node run it as it is.
 *
 * Control block (Int32Array): 0 sequence, 1 gate, 2 kernel, 3 number of arguments, 4 parts, 5 whether
 * a helper failed, 6 next part; from byte 64 on the arguments as Float64Array, scratch base and
 * stride first. The gate is 2 × helpers inside the job + 1 while it may be entered.
 */

/** Rounds of looking before a thread goes to sleep: the next job comes within some 50 µs. */
const SPIN = 50_000;

/**
 * @param {{ module: WebAssembly.Module, memory: WebAssembly.Memory, control: SharedArrayBuffer, thread: number, kernels: string[] }} job
 * @param {() => void} ready called once, before the thread waits for ever
 */
function serve({ module, memory, control, thread, kernels }, ready) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort: stop } });
  const words = new Int32Array(control);
  const numbers = new Float64Array(control, 64);
  let seen = 0;
  ready();
  for (;;) {
    let spins = 0;
    while (Atomics.load(words, 0) === seen) {
      if (++spins > SPIN) Atomics.wait(words, 0, seen);
    }
    seen = Atomics.load(words, 0);
    if (!enter(words)) continue;
    // The job cannot change while a helper is inside; it may be a later one than was seen above.
    const parts = words[4];
    const [base, stride, ...rest] = numbers.subarray(0, words[3] + 2);
    const kernel = exports[kernels[words[2]]];
    try {
      for (let part = take(words); part < parts; part = take(words)) {
        kernel(...rest, part, parts, base + thread * stride);
      }
    } catch {
      // Said to the caller when all are done.
      Atomics.store(words, 5, 1);
    }
    if (Atomics.sub(words, 1, 2) === 2) Atomics.notify(words, 1);
  }
}

/** Goes into the job unless it is closed already. */
function enter(words) {
  for (;;) {
    const gate = Atomics.load(words, 1);
    if ((gate & 1) === 0) return false;
    if (Atomics.compareExchange(words, 1, gate, gate + 2) === gate) return true;
  }
}

function take(words) {
  return Atomics.add(words, 6, 1);
}

function stop() {
  throw new Error('A kernel aborted.');
}

if (typeof WorkerGlobalScope === 'undefined') {
  const name = 'node:worker_threads';
  const { parentPort, workerData } = await import(/* @vite-ignore */ name);
  serve(workerData, () => parentPort.postMessage('ready'));
} else {
  globalThis.onmessage = (event) => serve(event.data, () => globalThis.postMessage('ready'));
}
