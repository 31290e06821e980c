/** What a training run needs from its surroundings, without a page: a host that keeps checkpoints. */
import type { Host } from '../../src/host.ts';
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import { noHistory } from '../../src/train/run-history.ts';
import type { Checkpoints } from '../../src/train/train.ts';

export interface KeepingHost extends Host, Checkpoints {
  /** In the order they were saved. */
  readonly checkpoints: Checkpoint[];
  /** When true, the run stops before its next step. */
  stop: boolean;
}

/** Host and checkpoints in one. */
export function quietHost(overrides: Partial<Host & Checkpoints> = {}): KeepingHost {
  const checkpoints: Checkpoint[] = [];
  const host: KeepingHost = {
    checkpoints,
    stop: false,
    now: () => performance.now(),
    memoryBytes: () => 0,
    stopRequested: () => host.stop,
    breathe: () => Promise.resolve(),
    save: (checkpoint) => {
      checkpoints.push({ history: noHistory, ...checkpoint });
      return Promise.resolve();
    },
    everySeconds: Number.POSITIVE_INFINITY,
    ...overrides,
  };
  return host;
}
