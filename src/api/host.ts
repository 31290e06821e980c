/** What every long call of the library takes, and the host that it runs under. */
import { allocatedBytes } from '../engine/memory.ts';
import type { Host } from '../host.ts';

export interface CallOptions {
  /** Ends the call within one batch, token or step. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

export function hostOf(signal: AbortSignal | undefined): Host {
  return {
    now: () => performance.now(),
    memoryBytes: allocatedBytes,
    stopRequested: () => signal?.aborted ?? false,
    // A timer, not a microtask: clicks, drawing and the abort itself come in between two batches.
    breathe: () => new Promise<void>((resolve) => setTimeout(resolve, 0)),
  };
}
