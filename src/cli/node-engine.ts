/** The engine of the commands: the CPU engine with WebAssembly on all cores, or plain JavaScript. */
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import type { EngineReport } from '../engine/config.ts';
import { DataError } from '../errors.ts';
import { registerOps } from '../ops/register.ts';

/** @throws DataError for an unknown engine */
export async function startNodeEngine(
  wish: string,
  _threads: string | undefined,
): Promise<EngineReport> {
  if (!['auto', 'cpu'].includes(wish)) {
    throw new DataError(`--engine: expected auto or cpu, got ${wish}.`);
  }
  return startPlainEngine([]);
}

/** tfjs's plain JavaScript backend: slow, exact, everywhere. */
async function startPlainEngine(reasons: string[]): Promise<EngineReport> {
  await setBackend('cpu');
  registerOps('cpu');
  return {
    name: 'cpu',
    device: 'plain JavaScript, one thread',
    reasons,
    maxTensorBytes: 2 ** 31 - 1,
    memoryBytes: 4 * 2 ** 30,
    threads: 1,
    features: [],
  };
}
