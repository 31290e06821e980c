/**
 * A training run as a person meets it, on the page and from a command: held-out questions asked
 * before the first step and after the last, a few of them on the way.
 */
import { StoppedError } from '../../errors.ts';
import type { PromptSettings } from '../../tokenizer/prompt-format.ts';
import type { TrainingJob } from '../../train/train.ts';
import type { OpenModel } from '../open/open-model.ts';
import type { HeldOutCheck } from '../../metrics/held-out-check.ts';
import { SAMPLED, type HeldOutQuestions } from './held-out-questions.ts';
import { askHeldOut } from './ask-held-out.ts';
import { runTraining, type DrivenResult, type TrainingContext } from './run-training.ts';

export interface CheckedRun {
  opened: OpenModel;
  prompt: PromptSettings;
  job: TrainingJob;
  /** Undefined: nothing is asked. */
  questions: HeldOutQuestions | undefined;
}

export interface CheckedContext extends TrainingContext {
  /** The model's answers at a step, as soon as they are there. */
  checked: (check: HeldOutCheck) => Promise<void>;
}

export interface CheckedResult extends DrivenResult {
  before: HeldOutCheck | undefined;
  /** Undefined also when the run was stopped. */
  after: HeldOutCheck | undefined;
}

/** Answers are sampled about so often between the first step and the last. */
const SAMPLES = 3;

/** @throws StoppedError when asked to stop before the first step, and as `runTraining` */
export async function checkedRun(
  { opened, prompt, job, questions }: CheckedRun,
  { checked, begun, report, ...context }: CheckedContext,
): Promise<CheckedResult> {
  const { host, resumeFrom } = context;
  const ids = questions?.questions.map(({ id }) => id).join() ?? '';
  // Answers to other questions, where their number was changed, say nothing beside those to come.
  const checks = (resumeFrom?.history.checks ?? []).filter(({ whole, answers }) =>
    whole ? answers.map(({ id }) => id).join() === ids : true,
  );
  const ask = async (step: number, whole: boolean): Promise<HeldOutCheck | undefined> => {
    if (!questions) return undefined;
    const some = whole ? questions.questions : questions.questions.slice(0, SAMPLED);
    const answers = await askHeldOut(
      { opened, prompt, adapter: job.adapter },
      host,
      questions,
      some,
    );
    return { step, whole, answers };
  };
  const keep = async (check: HeldOutCheck): Promise<void> => {
    checks.push(check);
    await checked(check);
  };
  const kept = checks.find(({ step, whole }) => whole && step === 0);
  // Before a checkpoint is put back; a new adapter changes nothing, so that this is the base model.
  const before = kept ?? (await ask(0, true));
  let samplesTaken = Math.max(0, ...checks.map(({ step }) => Math.floor(quarters(step, job))));
  const result = await runTraining(job, {
    ...context,
    checks,
    begun: async (history) => {
      await begun?.(history);
      if (before && !kept) await keep(before);
    },
    report: async (step) => {
      await report(step);
      const due = Math.floor(quarters(step.step, job));
      if (due <= samplesTaken || due > SAMPLES || !questions) return;
      samplesTaken = due;
      const sample = await unlessStopped(ask(step.step, false));
      if (sample) await keep(sample);
    },
  });
  if (result.outcome === 'stopped') return { ...result, before, after: undefined };
  const after = await unlessStopped(ask(result.progress.step, true));
  if (after) await checked(after);
  return { ...result, before, after };
}

/** Quarters of the run that are over. */
const quarters = (step: number, { settings }: TrainingJob): number =>
  ((SAMPLES + 1) * step) / settings.steps;

/** A stop ends the run in its own way, with a checkpoint: what was asked then is left out. */
async function unlessStopped<Answers>(asking: Promise<Answers>): Promise<Answers | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof StoppedError) return undefined;
    throw error;
  }
}
