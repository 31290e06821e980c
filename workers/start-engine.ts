/** The ladder in the browser: the best engine that works here, and why no better one was taken. */
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import type { EngineName, EngineReport } from '../src/engine/config.ts';
import { plainEngineReport } from '../src/engine/plain-engine.ts';
import { startWebGpuEngine } from '../src/engine/webgpu/engine.ts';
import { startWasmEngine } from '../src/engine/wasm/engine.ts';
import { IdiolectError } from '../src/errors.ts';
import { registerOps } from '../src/ops/register.ts';
import { wasmKernels } from '../src/ops/wasm-kernels.ts';
import { webgpuKernels } from '../src/ops/webgpu-kernels.ts';

/** @throws GpuUnavailableError when a named engine cannot start; `auto` always finds one */
export async function startEngine(preferred: EngineName | 'auto'): Promise<EngineReport> {
  const starters: Record<EngineName, (reasons: string[]) => Promise<EngineReport>> = {
    webgpu: async () => {
      // A software adapter is slower than the CPU engine, so it must be asked for.
      const report = await startWebGpuEngine({ allowSoftware: preferred === 'webgpu' });
      registerOps('webgpu', webgpuKernels);
      return report;
    },
    wasm: async (reasons) => {
      const report = await startWasmEngine();
      registerOps('wasm', wasmKernels);
      return { ...report, reasons: [...reasons, ...report.reasons] };
    },
    cpu: async (reasons) => {
      await setBackend('cpu');
      registerOps('cpu');
      return plainEngineReport(reasons);
    },
  };
  if (preferred !== 'auto') return starters[preferred](['You chose this engine.']);
  const reasons: string[] = [];
  for (const name of ['webgpu', 'wasm'] as const) {
    try {
      return await starters[name](reasons);
    } catch (error) {
      reasons.push(
        error instanceof IdiolectError ? error.message : `${name} failed: ${String(error)}`,
      );
    }
  }
  return starters.cpu(reasons);
}
