/** What the engine holds now. */
import { memory } from '@tensorflow/tfjs-core';

export interface EngineMemory {
  /** Bytes taken from the machine: on WebGPU the pool's idle buffers count too. */
  bytes: number;
  /** Bytes of tensors in use. */
  usedBytes: number;
  tensors: number;
}

export function engineMemory(): EngineMemory {
  const { numBytes, numTensors, numBytesInGPU, numBytesAllocatedInGPU } = memory() as {
    numBytes: number;
    numTensors: number;
    numBytesInGPU?: number;
    numBytesAllocatedInGPU?: number;
  };
  return {
    bytes: numBytesAllocatedInGPU ?? numBytes,
    usedBytes: numBytesInGPU ?? numBytes,
    tensors: numTensors,
  };
}

/** Bytes taken from the machine for tensors. */
export function allocatedBytes(): number {
  return engineMemory().bytes;
}
