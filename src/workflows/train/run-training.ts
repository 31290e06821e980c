/** The one driver of the training loop, for page, command, experiment and pre-training. */
import { tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { Host } from '../../host.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import type { Notice } from '../../notices.ts';
import { compareFacts } from '../../train/run-facts.ts';
import {
  train,
  type LoopOptions,
  type TrainingJob,
  type TrainingResult,
} from '../../train/train.ts';

export interface TrainingContext extends LoopOptions {
  host: Host;
  /** What a resumed run has that the checkpoint's had not, and that changes no number. */
  notice?: (notice: Notice) => Promise<void>;
  /** Called once before the first report: a checkpoint of another run has been refused by then. */
  begun?: () => Promise<void>;
  report: (step: StepReport) => Promise<void>;
  /** Whether the weights of an evaluated step are the best so far; without it the last are kept. */
  keeps?: ((step: StepReport) => Promise<boolean>) | undefined;
}

/**
 * Trains until the last step or a stop. After the last step the weights of the best one are put back.
 * @throws TrainingDivergedError, DataError when `resumeFrom` belongs to another run, and whatever
 *   `report` throws
 */
export async function runTraining(
  job: TrainingJob,
  { host, checkpoints, resumeFrom, notice, begun, report, keeps }: TrainingContext,
): Promise<TrainingResult> {
  const moved = resumeFrom ? compareFacts(resumeFrom.facts, job.facts).notices : [];
  for (const one of moved) await notice?.(one);
  const variables = job.parameters.map(({ variable }) => variable);
  const run = train(job, host, { checkpoints, resumeFrom });
  let best: Float32Array[] | undefined;
  for (let first = true; ; first = false) {
    const next = await run.next();
    if (first) await begun?.();
    if (next.done) {
      if (next.value.outcome === 'finished')
        best?.forEach((values, i) => assign(variables[i]!, values));
      return next.value;
    }
    await report(next.value);
    if (keeps && isEvaluated(job, next.value) && (await keeps(next.value))) {
      best = await Promise.all(variables.map((variable) => variable.data<'float32'>()));
    }
  }
}

/** After training has begun, the steps whose held-out loss is due. */
function isEvaluated({ settings }: TrainingJob, { step, totalSteps }: StepReport): boolean {
  return step > 0 && (step === totalSteps || step % settings.evaluateEvery === 0);
}

function assign(variable: Variable, values: Float32Array): void {
  tidy(() => variable.assign(tensor(values, variable.shape)));
}
