/** tfjs's WebGPU backend with our buffer pool, and with reads that refuse values of a broken device. */
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { BufferPool } from './buffer-pool.ts';
import type { GpuProblem } from './device.ts';
import type { TfjsWebGpu } from './tfjs-stream.ts';

/**
 * Says of no tensor that its buffer must wait for the next submission. A buffer given back is
 * written next by a later command of the same queue, and commands run in order; so memory can be
 * used again within a step. What JavaScript writes itself, the uniforms, tfjs holds back apart.
 */
const nothingWaits: TfjsWebGpu['commandQueueOwnedIds'] = {
  add: () => new WeakSet(),
  has: () => false,
};

/** @param problem the first thing the device reported, if it did */
export function createWebGpuBackend(
  device: GPUDevice,
  info: GPUAdapterInfo,
  problem: () => GpuProblem | undefined,
): WebGPUBackend {
  const backend = new WebGPUBackend(device, info);
  // Before anything is allocated.
  const pool = new BufferPool(device);
  const inside = backend as unknown as TfjsWebGpu;
  inside.bufferManager = pool;
  inside.commandQueueOwnedIds = nothingWaits;

  const submit = backend.submitQueue.bind(backend);
  backend.submitQueue = () => {
    submit();
    inside.commandQueueOwnedIds = nothingWaits;
    pool.submitted();
  };

  // WebGPU goes on after an error, with zeros for results: whoever waits for a number must be told.
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    try {
      const values = await read(dataId);
      const before = problem();
      if (before) throw before;
      return values;
    } catch (error) {
      // A lost device ends the read first and says why a moment later.
      await new Promise((resolve) => setTimeout(resolve, 0));
      throw problem() ?? error;
    }
  };
  return backend;
}
