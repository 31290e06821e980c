/**
 * Starting WebGPU: the device is made here with everything the adapter has, and handed to tfjs, so
 * that losing it or running out of memory is heard of.
 */
import { registerBackend, removeBackend, setBackend, env } from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { GpuUnavailableError } from '../../errors.ts';
import type { EngineReport } from '../config.ts';

export interface WebGpuOptions {
  /** Whether an adapter that computes on the processor is accepted. */
  allowSoftware: boolean;
  /** Told once, in plain words, when the device is lost or reports an error. */
  onProblem?: (problem: GpuUnavailableError) => void;
}

const START_SECONDS = 20;

/** @throws GpuUnavailableError saying why, in plain words */
export async function startWebGpuEngine({
  allowSoftware,
  onProblem,
}: WebGpuOptions): Promise<EngineReport> {
  const gpu = (navigator as { gpu?: GPU }).gpu;
  if (!gpu) throw new GpuUnavailableError('This browser has no WebGPU.');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new GpuUnavailableError('WebGPU finds no graphics processor here.');
  const { info, limits } = adapter;
  const software = isSoftware(info);
  if (software && !allowSoftware) {
    throw new GpuUnavailableError(
      'WebGPU here is only simulated on the processor, where the CPU engine is faster.',
    );
  }
  const device = await adapter.requestDevice({
    requiredFeatures: ['timestamp-query', 'shader-f16', 'subgroups'].filter((name) =>
      adapter.features.has(name),
    ) as GPUFeatureName[],
    requiredLimits: {
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    },
  });
  void device.lost.then(({ message, reason }) => {
    if (reason !== 'destroyed') {
      onProblem?.(new GpuUnavailableError(`The graphics processor was lost: ${message}`));
    }
  });
  device.addEventListener('uncapturederror', ({ error }) =>
    onProblem?.(
      new GpuUnavailableError(`The graphics processor reports an error: ${error.message}`),
    ),
  );
  removeBackend('webgpu');
  registerBackend('webgpu', () => new WebGPUBackend(device, info), 3);
  // Small tensors would otherwise be computed in JavaScript, beside our kernels.
  env().set('WEBGPU_CPU_FORWARD', false);
  const started = await Promise.race([
    setBackend('webgpu'),
    new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 1000 * START_SECONDS)),
  ]);
  if (started !== true) {
    throw new GpuUnavailableError(
      started === 'late'
        ? `WebGPU did not start within ${START_SECONDS} seconds.`
        : 'WebGPU refused to start.',
    );
  }
  return {
    name: 'webgpu',
    device:
      `${info.vendor} ${info.architecture}${software ? ' (simulated on the processor)' : ''}`.trim(),
    reasons: software ? ['You chose this engine.'] : [],
    maxTensorBytes: limits.maxStorageBufferBindingSize,
    memoryBytes: Math.min(4 * 2 ** 30, 4 * limits.maxBufferSize),
    threads: 1,
    features: [...device.features].sort(),
  };
}

function isSoftware(info: GPUAdapterInfo): boolean {
  const { isFallbackAdapter } = info as { isFallbackAdapter?: boolean };
  return (
    isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe/i.test(`${info.architecture} ${info.device} ${info.description}`)
  );
}
