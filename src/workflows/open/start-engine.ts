/** The ladder with its engines: the best one that works here, and why no better one was taken. */
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import type { EngineName, EngineReport } from '../../engine/config.ts';
import { chooseEngine, type LadderOptions, type EngineProbe } from '../../engine/ladder.ts';
import { plainEngineReport } from '../../engine/plain-engine.ts';
import type { VariantStore } from '../../engine/webgpu/choose-matmul.ts';
import { startWebGpuEngine, stopWebGpuEngine } from '../../engine/webgpu/engine.ts';
import { startWasmEngine } from '../../engine/wasm/engine.ts';
import { matmulTrial } from '../../ops/matmul-trial.ts';
import { registerOps } from '../../ops/register.ts';
import { selfTest } from '../../ops/self-test.ts';

export interface EngineSettings {
  preferred: EngineName | 'auto';
  /** Rungs not to try again, with the reason why. */
  avoid?: LadderOptions['avoid'];
  /** Threads of the CPU engine; all cores when absent. */
  threads?: number | undefined;
  /**
   * Puts WebGPU where a browser has it, `navigator.gpu`.
   * @throws GpuUnavailableError when it is known why there is none
   */
  provideGpu?: () => Promise<void>;
  /** Keeps which matrix product was faster on which adapter. */
  variants: VariantStore;
}

/**
 * Starts an engine after a self-test: a tiny model, forward and backward, against stored numbers.
 * @throws GpuUnavailableError when a named engine cannot start; `auto` always finds one
 */
export function startEngine(settings: EngineSettings): Promise<EngineReport> {
  const { preferred, avoid } = settings;
  return chooseEngine({ preferred, ...(avoid && { avoid }), probes: probesOf(settings) });
}

function probesOf(settings: EngineSettings): Record<EngineName, EngineProbe> {
  const { threads, provideGpu, variants } = settings;
  return {
    webgpu: {
      async start(named) {
        await provideGpu?.();
        registerOps('webgpu');
        return startWebGpuEngine({
          // A software adapter is slower than the CPU engine, so it must be asked for.
          allowSoftware: named,
          matmulTrial: { work: matmulTrial, store: variants, now: () => performance.now() },
        });
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
        const report = await startWasmEngine({ threads });
        registerOps('wasm');
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
}
