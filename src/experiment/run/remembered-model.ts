/** Models of which a stage's log remembers every answer and measurement. */
import type { BaseModel, EvaluatedModel, TrainedModel } from './backend.ts';
import type { StageLog } from './stage-log.ts';

/** @param name tells the model from others that the stage asks */
export function remembered(model: EvaluatedModel, log: StageLog, name: string): EvaluatedModel {
  return {
    answer: (settings) => {
      const batch = model.answer(settings);
      return (questions) => log.once(`${name}/answer`, () => batch(questions));
    },
    measure: (set, report) => log.once(`${name}/measure`, () => model.measure(set, report)),
    measureEndings: (endings, report) =>
      log.once(`${name}/endings`, () => model.measureEndings(endings, report)),
  };
}

export function rememberedBase(model: BaseModel, log: StageLog): BaseModel {
  const name = `base ${model.facts.id}`;
  return {
    ...model,
    ...remembered(model, log, name),
    familiarity: (set, report) =>
      log.once(`${name}/familiarity`, () => model.familiarity(set, report)),
  };
}

export function rememberedTrained(model: TrainedModel, log: StageLog, name: string): TrainedModel {
  return {
    ...model,
    ...remembered(model, log, name),
    divergence: (set, report) =>
      log.once(`${name}/divergence`, () => model.divergence(set, report)),
  };
}
