/** The ladder in the browser: the best engine that works here, and why no better one was taken. */
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import type { EngineName, EngineReport } from '../src/engine/config.ts';
import { chooseEngine, type EngineChoice, type EngineProbe } from '../src/engine/ladder.ts';
import { plainEngineReport } from '../src/engine/plain-engine.ts';
import { startWebGpuEngine, stopWebGpuEngine } from '../src/engine/webgpu/engine.ts';
import { startWasmEngine } from '../src/engine/wasm/engine.ts';
import { registerOps } from '../src/ops/register.ts';
import { selfTest } from '../src/ops/self-test.ts';
import { wasmKernels } from '../src/ops/wasm-kernels.ts';
import { webgpuKernels } from '../src/ops/webgpu-kernels.ts';

const probes: Record<EngineName, EngineProbe> = {
  webgpu: {
    async start(asked) {
      // A software adapter is slower than the CPU engine, so it must be asked for.
      const report = await startWebGpuEngine({ allowSoftware: asked });
      registerOps('webgpu', webgpuKernels);
      return report;
    },
    async check() {
      try {
        await selfTest();
      } catch (error) {
        stopWebGpuEngine();
        throw error;
      }
    },
  },
  wasm: {
    async start() {
      const report = await startWasmEngine();
      registerOps('wasm', wasmKernels);
      return report;
    },
    check: selfTest,
  },
  cpu: {
    async start() {
      await setBackend('cpu');
      registerOps('cpu');
      return plainEngineReport([]);
    },
  },
};

/**
 * Starts an engine after a self-test: a tiny model, forward and backward, against stored numbers.
 * @throws GpuUnavailableError when a named engine cannot start; `auto` always finds one
 */
export function startEngine(
  preferred: EngineName | 'auto',
  avoid: NonNullable<EngineChoice['avoid']> = {},
): Promise<EngineReport> {
  return chooseEngine({ preferred, avoid, probes });
}
