/** What a batch costs on the engine that runs, besides its tokens. */
import { getBackend } from '@tensorflow/tfjs-core';

/** In the time that one token takes: see `BatchCost` in src/batches. */
interface EngineBatchCost {
  perBatch: number;
  timeStep?: number;
}

/**
 * WebGPU: some 200 to 1,100 dispatches, and pipelines are laid out for few shapes. A batch of the
 * embedded model takes the CPU engine 2 to 4 ms besides its tokens of 0.1 to 0.3 ms each; one of
 * SmolLM2-135M packs its weights once more, 0.1 s and more beside 4 ms a token.
 */
const COSTS: Record<string, EngineBatchCost> = {
  webgpu: { perBatch: 1024 },
  wasm: { perBatch: 32, timeStep: 8 },
  cpu: { perBatch: 16, timeStep: 4 },
};

export function engineBatchCost(): EngineBatchCost {
  return COSTS[getBackend()] ?? COSTS['webgpu']!;
}
