/** What a training run needs from its surroundings, without a page: a host that keeps checkpoints. */
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import type { TrainingHost } from '../../src/train/train.ts';

export interface KeepingHost extends TrainingHost {
  /** In the order they were saved. */
  readonly checkpoints: Checkpoint[];
  /** When true, the run stops before its next step. */
  stop: boolean;
}

export function quietHost(overrides: Partial<TrainingHost> = {}): KeepingHost {
  const checkpoints: Checkpoint[] = [];
  const host: KeepingHost = {
    checkpoints,
    stop: false,
    now: () => performance.now(),
    memoryBytes: () => 0,
    stopRequested: () => host.stop,
    breathe: () => Promise.resolve(),
    saveCheckpoint: (checkpoint) => {
      checkpoints.push(checkpoint);
      return Promise.resolve();
    },
    checkpointSeconds: Number.POSITIVE_INFINITY,
    ...overrides,
  };
  return host;
}
