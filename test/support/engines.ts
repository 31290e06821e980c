/** The engines that run in Node, started for a test. */
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { startWasmEngine } from '../../src/engine/wasm/engine.ts';
import { registerOps } from '../../src/ops/register.ts';

export const nodeEngines = ['cpu', 'wasm'] as const;

export async function startEngine(engine: (typeof nodeEngines)[number]): Promise<void> {
  if (engine === 'cpu') {
    await setBackend('cpu');
    registerOps('cpu');
  } else {
    await startWasmEngine({ threads: 2 });
    registerOps('wasm');
  }
}
