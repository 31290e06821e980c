/** Starting WebGPU: our own device, handed to tfjs with a buffer pool that does not grow for ever. */
import {
  env,
  findBackendFactory,
  registerBackend,
  removeBackend,
  setBackend,
} from '@tensorflow/tfjs-core';
import { GpuUnavailableError } from '../../errors.ts';
import type { EngineReport } from '../config.ts';
import { chooseMatmul, type MatmulTrial } from './choose-matmul.ts';
import { openDevice, watchDevice, type GpuProblem } from './device.ts';
import { setBarriersCostly } from './kernel-variants.ts';
import { within } from './time-out.ts';

export interface WebGpuOptions {
  /** Whether an adapter that computes on the processor is accepted. */
  allowSoftware: boolean;
  /** How the faster matrix product is found; by the adapter's name when absent. */
  matmulTrial?: MatmulTrial;
  /**
   * Told when the device is lost, out of memory or reports any other error. The first of these is
   * also thrown by every read from then on.
   */
  onProblem?: (problem: GpuProblem) => void;
}

/** The device in use; lets go of it. */
let retireDevice: (() => void) | undefined;

const START_SECONDS = 20;
/** Dispatches in one submission: the whole step of a small model. */
const SUBMIT_AFTER = 512;

/**
 * Starts the engine and makes it tfjs's backend. Ops must be registered by the caller, before this
 * when there is a trial.
 * @throws GpuUnavailableError saying why, in plain words
 */
export async function startWebGpuEngine({
  allowSoftware,
  matmulTrial,
  onProblem,
}: WebGpuOptions): Promise<EngineReport> {
  const { gpu } = navigator as { gpu?: GPU };
  const late = () => new GpuUnavailableError(`WebGPU did not start in ${START_SECONDS} seconds.`);
  const opened = await within(START_SECONDS, openDevice(gpu, allowSoftware), late);
  const { device, info, software } = opened;
  // tfjs's WebGPU backend is half of what the worker would load; only those with a device need it.
  const { createWebGpuBackend } = await import('./backend.ts');
  let first: GpuProblem | undefined;
  let retired = false;
  const noteProblem = (problem: GpuProblem) => {
    first ??= problem;
    onProblem?.(problem);
  };
  watchDevice(device, noteProblem, () => retired);

  stopWebGpuEngine();
  retireDevice = () => {
    retired = true;
    device.destroy();
  };
  registerBackend('webgpu', () => createWebGpuBackend(device, info, () => first), 3);
  // Small tensors would otherwise be computed in JavaScript, beside our kernels.
  env().set('WEBGPU_CPU_FORWARD', false);
  env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', SUBMIT_AFTER);
  // After a failure tfjs still names webgpu as its backend: only this answer tells.
  if (!(await within(START_SECONDS, setBackend('webgpu'), late))) {
    throw new GpuUnavailableError('WebGPU refused to start.');
  }
  const { limits } = device;
  setBarriersCostly(software);
  const choice = within(START_SECONDS, chooseMatmul(info, device, matmulTrial), late);
  const { variant, reason } = await choice.catch((error: unknown) => {
    stopWebGpuEngine();
    throw error;
  });
  return {
    name: 'webgpu',
    device:
      `${info.vendor} ${info.architecture}${software ? ' (simulated on the processor)' : ''}`.trim(),
    reasons: [reason],
    maxTensorBytes: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    memoryBytes: Math.min(4 * 2 ** 30, 4 * limits.maxBufferSize),
    threads: 1,
    // The variant is one: it decides the last bits of every result.
    features: [...[...device.features].sort(), `matmul-${variant}`],
  };
}

/** Gives the device and all its memory back; every tensor on it is gone. */
export function stopWebGpuEngine(): void {
  const known = findBackendFactory('webgpu') as (() => unknown) | undefined;
  if (known) removeBackend('webgpu');
  retireDevice?.();
  retireDevice = undefined;
}
