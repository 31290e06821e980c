/** The one driver of the training loop, for page, command, experiment and pre-training. */
import type { Host } from '../../host.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import { notice, type Notice } from '../../notices.ts';
import type { Checkpoint } from '../../train/checkpoint.ts';
import { compareFacts } from '../../train/run-facts.ts';
import { noHistory, type RunHistory } from '../../train/run-history.ts';
import {
  train,
  type Checkpoints,
  type TrainingJob,
  type TrainingResult,
} from '../../train/train.ts';

export interface DrivenResult extends TrainingResult {
  /** The step of the last checkpoint that could be written; undefined without any. */
  saved: number | undefined;
}

export interface TrainingContext {
  host: Host;
  /** Without them a run that is killed starts anew. One that cannot be written ends no training. */
  checkpoints?: Checkpoints<Checkpoint> | undefined;
  resumeFrom?: Checkpoint | undefined;
  /** What is kept beside the reports; `checked-run.ts` adds to it. */
  checks?: RunHistory['checks'];
  /** What a resumed run has that the checkpoint's had not, and checkpoints that cannot be written. */
  notice?: (notice: Notice) => Promise<void>;
  /**
   * Called once before the first report, with what was reported up to the checkpoint: whatever was
   * logged beyond it is reported again. A checkpoint of another run has been refused by then.
   */
  begun?: (history: RunHistory) => Promise<void>;
  report: (step: StepReport) => Promise<void>;
}

/**
 * Trains until the last step or a stop.
 * @throws TrainingDivergedError, DataError when `resumeFrom` belongs to another run, and whatever
 *   `report` throws
 */
export async function runTraining(
  job: TrainingJob,
  { host, checkpoints, resumeFrom, checks = [], notice: tell, begun, report }: TrainingContext,
): Promise<DrivenResult> {
  const moved = resumeFrom ? compareFacts(resumeFrom.facts, job.facts).notices : [];
  for (const one of moved) await tell?.(one);
  const earlier = resumeFrom?.history ?? noHistory;
  const reports = [...earlier.reports];
  let saved = resumeFrom?.progress.step;
  const run = train(job, host, {
    resumeFrom,
    checkpoints: checkpoints && {
      everySeconds: checkpoints.everySeconds,
      save: softly(
        async (state) => {
          const history = { reports: [...reports], checks: [...checks] };
          await checkpoints.save({ ...state, history });
          saved = state.progress.step;
        },
        (reason) => tell?.(cannotSave(saved, reason)),
      ),
    },
  });
  for (let first = true; ; first = false) {
    const next = await run.next();
    if (first) await begun?.(earlier);
    if (next.done) return { ...next.value, saved };
    reports.push(next.value);
    await report(next.value);
  }
}

/** Says once that checkpoints cannot be written, and goes on: the next one is tried all the same. */
function softly<Kept>(
  save: (kept: Kept) => Promise<void>,
  refused: (reason: string) => Promise<void> | undefined,
): (kept: Kept) => Promise<void> {
  let failed = false;
  return async (kept) => {
    try {
      await save(kept);
      failed = false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!failed) await refused(reason);
      failed = true;
    }
  };
}

function cannotSave(saved: number | undefined, reason: string): Notice {
  const from = saved === undefined ? 'its first step' : `step ${saved}`;
  return notice(
    'doubtful',
    `The run's checkpoint cannot be written: if it were interrupted now, it would go on from ${from}. Training continues. ${reason}`,
  );
}
