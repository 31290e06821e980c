/** How long a piece will take, from what little of it took on this machine. */
import type { Piece } from './plan.ts';
import type { Experiment } from './schema.ts';

/** Seconds, measured in a short trial on the first model. */
export interface UnitCosts {
  /** One question, answered among others. */
  answer: number;
  /** One answer's NLL. */
  measure: number;
  /** One training step. */
  step: number;
}

/** Questions of each part of the task. */
export interface TaskSizes {
  train: number;
  validation: number;
  test: number;
  retention: number;
}

/** Of sampled answers most questions are solved early. */
const SAMPLES_SHARE = 0.5;

/** Seconds by what is done, in the words of `Stage.what`. */
export function stageSeconds(
  piece: Piece,
  { sets, training, learningRates }: Experiment,
  { train, validation, test, retention }: TaskSizes,
  costs: UnitCosts,
): Record<string, number> {
  const asked = {
    'test questions': test * costs.answer,
    'other tasks': retention * costs.answer,
    'NLL on other tasks': retention * costs.measure,
    'NLL of right answers': test * costs.measure,
  };
  switch (piece.kind) {
    case 'base':
      return { ...asked, 'training questions': train * costs.answer };
    case 'set': {
      const spec = sets.find(({ id }) => id === piece.set)!;
      const asks = spec.kind === 'own-correct' ? spec.samples * SAMPLES_SHARE : 0;
      const measures = spec.kind === 'most-familiar' ? spec.from.length : 0;
      return {
        'making the set': train * (asks * costs.answer + measures * costs.measure),
      };
    }
    case 'familiarity':
      return { familiarity: train * costs.measure };
    case 'run': {
      const rates = Math.max(1, learningRates.length);
      return {
        training: rates * training.steps * training.accumulation * costs.step,
        ...(rates > 1 && { 'validation questions': rates * validation * costs.answer }),
        ...asked,
      };
    }
  }
}

export function pieceSeconds(...of: Parameters<typeof stageSeconds>): number {
  return Object.values(stageSeconds(...of)).reduce((sum, seconds) => sum + seconds, 0);
}
