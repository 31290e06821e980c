/**
 * A helper thread of the CPU engine: waits for a job in the control block, does its part with its
 * own instance over the shared memory, says so, and waits again. Plain JavaScript, so that browsers
 * and Node run it as it is.
 *
 * Control block (Int32Array): 0 sequence, 1 threads done, 2 kernel, 3 number of arguments,
 * 4 threads at work, 5 whether a helper failed; from byte 64 on the arguments as Float64Array, scratch base and stride first.
 */

/** Rounds of looking before a thread goes to sleep: jobs come in quick succession. */
const SPIN = 4000;

/**
 * @param {{ module: WebAssembly.Module, memory: WebAssembly.Memory, control: SharedArrayBuffer, part: number, kernels: string[] }} job
 * @param {() => void} ready called once, before the thread waits for ever
 */
function serve({ module, memory, control, part, kernels }, ready) {
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
    const parts = words[4];
    if (part < parts) {
      const [base, stride, ...rest] = numbers.subarray(0, words[3] + 2);
      try {
        exports[kernels[words[2]]](...rest, part, parts, base + part * stride);
      } catch {
        // Said to the caller, who waits for this thread and would wait for ever.
        Atomics.store(words, 5, 1);
      }
    }
    Atomics.add(words, 1, 1);
    Atomics.notify(words, 1);
  }
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
