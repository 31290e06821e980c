/**
 * One model trained on one set with one seed, and what is chosen on the way: the learning rate of a
 * grid and the weights to keep. Every choice is made on validation questions, never on test ones.
 */
import type { StepReport } from '../../metrics/step-report.ts';
import { mean } from '../../statistics/summary.ts';
import { stepsOf } from '../spec/budget.ts';
import type { ArmRequest, EvaluatedModel, TrainedModel, ArmState } from './backend.ts';
import { ask, type Evaluation } from './evaluate-model.ts';
import { validationSet } from '../sets/make-sets.ts';
import type { PlannedRun } from '../spec/plan.ts';
import { remembered, rememberedTrained } from './remembered-model.ts';
import type { FamiliarityResult, RunResult, SetResult } from './results.ts';

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
  const n = work.task.validation.length;
  let best: (TrainedOnce & { learningRate: number; correct: number; index: number }) | undefined;
  const lose = ({ trained, index, correct }: NonNullable<typeof best>) => {
    trained.dispose();
    work.log.set(lostKey(index), correct);
    work.log.forget(trainingKey(index));
  };
  // From the smallest rate up, so that of equals the gentlest is kept.
  for (const [index, learningRate] of rates.toSorted((a, b) => a - b).entries()) {
    const lost = work.log.value(lostKey(index)) as number | undefined;
    if (lost !== undefined) {
      choice.push({ learningRate, correct: lost, n });
      continue;
    }
    const once = await trainOnce(work, index, learningRate, steps, (report) =>
      work.onStep(report, index * steps + report.step, rates.length * steps),
    );
    let correct = 0;
    if (rates.length > 1) {
      correct = await rightOnValidation(work, once.trained);
      choice.push({ learningRate, correct, n });
    }
    const tried = { ...once, learningRate, correct, index };
    if (best && correct <= best.correct) lose(tried);
    else {
      if (best) lose(best);
      best = tried;
    }
  }
  const { trained, curve, checkpoints, keptStep, learningRate } = best!;
  return { trained, curve, checkpoints, keptStep, learningRate, steps, choice };
}

const trainingKey = (index: number) => `training ${index}`;
/** A learning rate that is through and was not the best. */
const lostKey = (index: number) => `lost ${index}`;

type TrainedOnce = Pick<RunResult, 'keptStep' | 'checkpoints' | 'curve'> & {
  trained: TrainedModel;
};

/** What belongs to a training besides its weights; kept with them. */
interface TrainedSoFar extends Pick<RunResult, 'checkpoints' | 'curve'> {
  best: BestStep;
}

/** The evaluated step that did best so far; step 0 before there is one. */
interface BestStep {
  step: number;
  /** Null before there is one. */
  score: number | null;
}

async function trainOnce(
  work: ArmWork,
  index: number,
  learningRate: number,
  steps: number,
  onStep: (step: StepReport) => Promise<void>,
): Promise<TrainedOnce> {
  const { experiment, task, model, run, set, log } = work;
  const spec = experiment.sets.find(({ id }) => id === run.set)!;
  const seed = experiment.task.kind === 'world' ? experiment.task.seed : 0;
  const key = trainingKey(index);
  const soFar: TrainedSoFar = (log.value(key) as TrainedSoFar | undefined) ?? {
    curve: [],
    checkpoints: [],
    best: { step: 0, score: null },
  };
  const keeps = checkpointChoice(work, key, soFar);
  const request: ArmRequest = {
    set: set.set,
    validation: validationSet(spec, task, seed),
    training: { ...experiment.training, learningRate, steps, seed: run.seed },
    lora: experiment.lora,
    ...(keeps && { keeps }),
    ...(log.keeps && {
      resume: {
        from: log.bytes(key) as ArmState | undefined,
        save: async (state, last) => {
          if (!last && !log.due) return;
          log.set(key, structuredClone(soFar), await state());
          log.forget(`${key}/checks`);
          await log.saveIfDue();
        },
      },
    }),
  };
  const trained = await model.train(request, async (report) => {
    const { step, tokensSeen, loss, validationLoss } = report;
    soFar.curve.push({
      step,
      tokens: tokensSeen,
      loss: Number.isFinite(loss) ? loss : null,
      ...(validationLoss !== undefined && { validationLoss }),
    });
    await onStep(report);
  });
  const { curve, checkpoints, best } = soFar;
  return {
    trained: rememberedTrained(trained, log, `${key}/trained`),
    curve,
    checkpoints,
    keptStep: keeps ? best.step : steps,
  };
}

/** Says of each evaluated step whether it is the best so far; undefined when the last is kept anyway. */
function checkpointChoice(work: ArmWork, key: string, soFar: TrainedSoFar): ArmRequest['keeps'] {
  const { checkpoint } = work.experiment;
  if (checkpoint === 'last') return undefined;
  return async (evaluated, { step, validationLoss: loss }) => {
    let score: number;
    if (checkpoint === 'best-loss') {
      score = -loss!;
      soFar.checkpoints.push({ step, loss: loss! });
    } else {
      const remembering = remembered(evaluated, work.log, `${key}/checks/${step}`);
      score = await rightOnValidation(work, remembering);
      soFar.checkpoints.push({ step, correct: score, n: work.task.validation.length });
    }
    if (score <= (soFar.best.score ?? -Infinity)) return false;
    soFar.best = { step, score };
    return true;
  };
}

async function rightOnValidation(work: ArmWork, evaluated: EvaluatedModel): Promise<number> {
  const outcomes = await ask(work, evaluated, 'validation questions', work.task.validation);
  return outcomes.filter(({ strict }) => strict).length;
}
