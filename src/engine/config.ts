/** The rungs of the engine ladder, best first; plain data that every room may read. */

/** Best first. */
export const LADDER = ['webgpu', 'wasm', 'cpu'] as const;
export type EngineName = (typeof LADDER)[number];

/** What the page shows about the engine that runs, and why it is this one. */
export interface EngineReport {
  name: EngineName;
  /** Adapter or processor in words: "NVIDIA (ampere)", "2 threads, relaxed SIMD". */
  device: string;
  /** Plain sentences, in order: why each better rung was not taken, and what the engine chose. */
  reasons: string[];
  /** Largest single tensor the engine can bind, bytes. */
  maxTensorBytes: number;
  /** Bytes the engine may use in all, as far as it can know. */
  memoryBytes: number;
  threads: number;
  features: string[];
}
