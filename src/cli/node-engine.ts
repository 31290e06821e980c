/** The engine of the commands: the CPU engine on all cores, or plain JavaScript when asked for. */
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import type { EngineReport } from '../engine/config.ts';
import { plainEngineReport } from '../engine/plain-engine.ts';
import { startWasmEngine } from '../engine/wasm/engine.ts';
import { UsageError } from '../errors.ts';
import { registerOps } from '../ops/register.ts';
import { wasmKernels } from '../ops/wasm-kernels.ts';

/** @throws UsageError for an unknown engine or a number of threads that is none */
export async function startNodeEngine(
  wish: string,
  threads: string | undefined,
): Promise<EngineReport> {
  if (!['auto', 'wasm', 'cpu'].includes(wish)) {
    throw new UsageError(`--engine: expected auto, wasm or cpu, got ${wish}.`);
  }
  const count = threads === undefined ? undefined : Number(threads);
  if (count !== undefined && !(Number.isInteger(count) && count >= 1)) {
    throw new UsageError(`--threads: expected a whole number from 1, got ${threads}.`);
  }
  if (wish === 'cpu') {
    await setBackend('cpu');
    registerOps('cpu');
    return plainEngineReport([]);
  }
  const report = await startWasmEngine({ threads: count });
  registerOps('wasm', wasmKernels);
  return report;
}
