/** What goes between the bench and a contender in another process, in Node or Python. */
import type { Workload } from '../workloads.ts';

export type Question =
  | { ask: 'open'; contender: string; engine: string }
  | { ask: 'prepare'; workload: Workload; warmUps: number }
  | { ask: 'run' }
  | { ask: 'soak'; steps: number; seconds: number };

export interface Answer {
  value?: unknown;
  /** Why it cannot be done; absent when it was. */
  reason?: string;
}
