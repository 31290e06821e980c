/** Getting a WebGPU device with everything its adapter has, and hearing of it when things go wrong. */
import { GpuLostError, GpuUnavailableError, OutOfMemoryError } from '../../errors.ts';
import { isSoftwareAdapter } from './kernel-variants.ts';

export interface OpenedDevice {
  device: GPUDevice;
  info: GPUAdapterInfo;
  /** Computes on the processor. */
  software: boolean;
}

export type GpuProblem = GpuLostError | OutOfMemoryError;

/** Asked for only where the adapter has them; nothing here needs them. */
const WANTED_FEATURES = ['timestamp-query', 'shader-f16', 'subgroups'];

const WANTED_LIMITS = [
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
] as const;

/**
 * @param gpu `navigator.gpu`, undefined where the browser has none
 * @throws GpuUnavailableError saying why in plain words
 */
export async function openDevice(
  gpu: GPU | undefined,
  allowSoftware: boolean,
): Promise<OpenedDevice> {
  if (!gpu) throw new GpuUnavailableError('This browser has no WebGPU.');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new GpuUnavailableError('WebGPU finds no graphics processor here.');
  const { info } = adapter;
  const software = isSoftwareAdapter(info);
  if (software && !allowSoftware) {
    throw new GpuUnavailableError(
      'WebGPU here is only simulated on the processor, where the CPU engine is faster.',
    );
  }
  try {
    const device = await adapter.requestDevice({
      requiredFeatures: WANTED_FEATURES.filter((name) =>
        adapter.features.has(name),
      ) as GPUFeatureName[],
      requiredLimits: Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]])),
    });
    return { device, info, software };
  } catch (cause) {
    throw new GpuUnavailableError(
      `The graphics processor was found but not given to this page: ${messageOf(cause)}`,
      [],
      { cause },
    );
  }
}

/**
 * Reports the loss of the device and every error that no call got to see. An error means that
 * results may be wrong from then on, so work must stop.
 * @param retired whether we have let go of the device ourselves: what it says then is no problem
 */
export function watchDevice(
  device: GPUDevice,
  onProblem: (problem: GpuProblem) => void,
  retired: () => boolean,
): void {
  const tell = (problem: GpuProblem) => {
    if (!retired()) onProblem(problem);
  };
  void device.lost.then(({ message }) => {
    tell(new GpuLostError(`The graphics processor was lost${message ? `: ${message}` : ''}.`));
  });
  device.addEventListener('uncapturederror', ({ error }) => {
    tell(
      error instanceof GPUOutOfMemoryError
        ? new OutOfMemoryError(
            `The graphics processor has no memory left: ${error.message}. Choose a smaller batch, shorter texts or a smaller model.`,
          )
        : new GpuLostError(`The graphics processor reports an error: ${error.message}`),
    );
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
