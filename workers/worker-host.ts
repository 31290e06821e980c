/** The worker as the host of long work: messages of the page, a stop among them, come in between. */
import { allocatedBytes } from '../src/engine/memory.ts';
import type { Host } from '../src/host.ts';

export function workerHost(stopRequested: () => boolean): Host {
  return {
    now: () => performance.now(),
    stopRequested,
    breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
    memoryBytes: allocatedBytes,
  };
}

/** Lets messages in at most every so many milliseconds, where each step is short. */
export function breathingRarely(host: Host, every: number): Host {
  let breathed = host.now();
  return {
    ...host,
    breathe: async () => {
      if (host.now() - breathed < every) return;
      await host.breathe();
      breathed = host.now();
    },
  };
}
