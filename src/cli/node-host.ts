/** A command as the host of long work: Ctrl+C asks it to stop. */
import { allocatedBytes } from '../engine/memory.ts';
import type { Host } from '../host.ts';
import { stopOnInterrupt } from './run-command.ts';

export function nodeHost(): Host {
  return {
    now: () => performance.now(),
    stopRequested: stopOnInterrupt(),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    memoryBytes: allocatedBytes,
  };
}
