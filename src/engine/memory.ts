/** What the engine holds now. */
import { memory } from '@tensorflow/tfjs-core';

/** Bytes of all tensors; on WebGPU what the buffer pool has allocated, free buffers included. */
export function allocatedBytes(): number {
  const { numBytes, numBytesAllocatedInGPU } = memory() as {
    numBytes: number;
    numBytesAllocatedInGPU?: number;
  };
  return numBytesAllocatedInGPU ?? numBytes;
}
