/** Carries a whole experiment out in the order of its plan, past what fails. */
import { GpuUnavailableError, StorageError, StoppedError } from '../../errors.ts';
import { needsOf, planExperiment, type Stage } from '../spec/plan.ts';
import { ExperimentRunner, type ExperimentJob, type StageDone } from './runner.ts';

export type StageEnd =
  | StageDone
  /** It failed; done again it may succeed. */
  | { stage: Stage; error: unknown }
  /** It was not tried: stages that it needs are not there. */
  | { stage: Stage; without: readonly string[] };

/**
 * Yields each stage as it is finished, found or given up: one that fails holds up only those that need
 * it. @throws what ends everything
 */
export async function* runExperiment(job: ExperimentJob): AsyncGenerator<StageEnd, void> {
  const runner = new ExperimentRunner(job);
  const there = new Set<string>();
  try {
    for (const stage of planExperiment(job.experiment)) {
      const without = needsOf(stage, job.experiment).filter((id) => !there.has(id));
      if (without.length > 0) {
        yield { stage, without };
        continue;
      }
      let end: StageEnd;
      try {
        end = await runner.settle(stage);
        there.add(stage.id);
      } catch (error) {
        if (endsAll(error)) throw error;
        end = { stage, error };
      }
      yield end;
    }
  } finally {
    runner.close();
  }
}

/** A stop, and what the next stage would fail of just the same: no engine, no place to keep results. */
export function endsAll(error: unknown): boolean {
  return (
    error instanceof StoppedError ||
    error instanceof GpuUnavailableError ||
    error instanceof StorageError
  );
}
