import { runExperiment } from '../../src/experiment/run/run.ts';
import type { ExperimentJob, StageDone } from '../../src/experiment/run/runner.ts';

/** Runs a whole experiment; a stage that fails fails the test. */
export async function allDone(job: ExperimentJob): Promise<StageDone[]> {
  const done: StageDone[] = [];
  for await (const end of runExperiment(job)) {
    if ('error' in end) throw end.error;
    if ('without' in end)
      throw new Error(`${end.stage.id} has to do without ${end.without.join()}.`);
    done.push(end);
  }
  return done;
}
