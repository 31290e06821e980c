/** One WebGPU engine for all gpu tests of a run: pipelines take long to compile. */
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import type { EngineReport } from '../../src/engine/config.ts';
import { startWebGpuEngine } from '../../src/engine/webgpu/engine.ts';
import { setMatmulVariant } from '../../src/engine/webgpu/kernel-variants.ts';
import { registerOps } from '../../src/ops/register.ts';

/** What the device complained of since the start; no test may leave anything here. */
export const gpuProblems: string[] = [];

let started: Promise<EngineReport> | undefined;

/** @throws GpuUnavailableError without an adapter: gpu tests fail then, they are never skipped */
export async function useWebGpu(): Promise<EngineReport> {
  started ??= start();
  const report = await started;
  await setBackend('webgpu');
  setMatmulVariant('register');
  return report;
}

/** For a test that started an engine of its own: the next one begins anew. */
export function forgetWebGpu(): void {
  started = undefined;
}

async function start(): Promise<EngineReport> {
  await setBackend('cpu');
  registerOps('cpu');
  const report = await startWebGpuEngine({
    allowSoftware: true,
    onProblem: ({ message }) => gpuProblems.push(message),
  });
  registerOps('webgpu');
  return report;
}
