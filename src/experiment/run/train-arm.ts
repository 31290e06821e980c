/**
 * One model trained on one set with one seed, and what is chosen on the way: the learning rate of a
 * grid and the weights to keep. Every choice is made on validation questions, never on test ones.
 */
import type { StepReport } from '../../metrics/step-report.ts';
import { mean } from '../../statistics/summary.ts';
import { stepsOf } from '../spec/budget.ts';
import type { ArmRequest, EvaluatedModel, TrainedModel } from './backend.ts';
import { ask, type Evaluation } from './evaluate-model.ts';
import { validationSet } from '../sets/make-sets.ts';
import type { PlannedRun } from '../spec/plan.ts';
import type { CurvePoint, FamiliarityResult, RunResult, SetResult } from './results.ts';

export interface ArmWork extends Evaluation {
  run: PlannedRun;
  set: SetResult;
  /** What the model makes of a set; of the sets that the run needs. */
  familiarity: (set: string) => FamiliarityResult;
  /** Awaited after every report of the training; `done` of `total` steps, over all learning rates. */
  onStep: (step: StepReport, done: number, total: number) => Promise<void>;
}

export type ArmTrained = Pick<
  RunResult,
  'learningRate' | 'steps' | 'choice' | 'keptStep' | 'checkpoints' | 'curve'
> & { trained: TrainedModel };

/** Trains once for each learning rate of the grid and keeps the best on validation questions. */
export async function trainArm(work: ArmWork): Promise<ArmTrained> {
  const { experiment, run, familiarity } = work;
  const { learningRates, training } = experiment;
  const rates = learningRates.length > 0 ? learningRates : [training.learningRate];
  const steps = stepsOf(experiment, run.set, (id) =>
    // The end token is trained too.
    mean(familiarity(id).answers.map(({ tokens }) => tokens + 1)),
  );
  const choice: RunResult['choice'] = [];
  let best: (TrainedOnce & { learningRate: number; correct: number }) | undefined;
  // From the smallest rate up, so that of equals the gentlest is kept.
  for (const [i, learningRate] of rates.toSorted((a, b) => a - b).entries()) {
    const once = await trainOnce(work, learningRate, steps, (report) =>
      work.onStep(report, i * steps + report.step, rates.length * steps),
    );
    let correct = 0;
    if (rates.length > 1) {
      correct = await rightOnValidation(work, once.trained);
      choice.push({ learningRate, correct, n: work.task.validation.length });
    }
    if (best && correct <= best.correct) once.trained.dispose();
    else {
      best?.trained.dispose();
      best = { ...once, learningRate, correct };
    }
  }
  const { trained, curve, checkpoints, keptStep, learningRate } = best!;
  return { trained, curve, checkpoints, keptStep, learningRate, steps, choice };
}

type TrainedOnce = Pick<RunResult, 'keptStep' | 'checkpoints' | 'curve'> & {
  trained: TrainedModel;
};

async function trainOnce(
  work: ArmWork,
  learningRate: number,
  steps: number,
  onStep: (step: StepReport) => Promise<void>,
): Promise<TrainedOnce> {
  const { experiment, task, model, run, set } = work;
  const spec = experiment.sets.find(({ id }) => id === run.set)!;
  const seed = experiment.task.kind === 'world' ? experiment.task.seed : 0;
  const chosen = checkpointChoice(work);
  const request: ArmRequest = {
    set: set.set,
    validation: validationSet(spec, task, seed),
    training: { ...experiment.training, learningRate, steps, seed: run.seed },
    lora: experiment.lora,
    ...(chosen && { keeps: chosen.keeps }),
  };
  const curve: CurvePoint[] = [];
  const trained = await model.train(request, async (report) => {
    const { step, tokensSeen, loss, validationLoss } = report;
    curve.push({
      step,
      tokens: tokensSeen,
      loss: Number.isFinite(loss) ? loss : null,
      ...(validationLoss !== undefined && { validationLoss }),
    });
    await onStep(report);
  });
  const checkpoints = chosen?.checkpoints ?? [];
  return { trained, curve, checkpoints, keptStep: chosen?.kept() ?? steps };
}

/** Says of each evaluated step whether it is the best so far; undefined when the last is kept anyway. */
function checkpointChoice(work: ArmWork) {
  const { checkpoint } = work.experiment;
  if (checkpoint === 'last') return undefined;
  const checkpoints: RunResult['checkpoints'] = [];
  let best = { step: 0, score: -Infinity };
  const keeps = async (evaluated: EvaluatedModel, { step, validationLoss: loss }: StepReport) => {
    let score: number;
    if (checkpoint === 'best-loss') {
      score = -loss!;
      checkpoints.push({ step, loss: loss! });
    } else {
      score = await rightOnValidation(work, evaluated);
      checkpoints.push({ step, correct: score, n: work.task.validation.length });
    }
    if (score <= best.score) return false;
    best = { step, score };
    return true;
  };
  return { checkpoints, keeps, kept: () => best.step };
}

async function rightOnValidation(work: ArmWork, evaluated: EvaluatedModel): Promise<number> {
  const outcomes = await ask(work, evaluated, 'validation questions', work.task.validation);
  return outcomes.filter(({ strict }) => strict).length;
}
