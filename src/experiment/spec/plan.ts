/** An experiment file → the list of what is to be done, each stage with the name it is kept under. */
import { partsOf } from './schema-checks.ts';
import type { Experiment } from './schema.ts';

export interface PlannedRun {
  id: string;
  model: string;
  set: string;
  seed: number;
}

/** One thing that is done whole, written down, and not done again. */
export type Stage =
  /** Base model: its answers to test, retention and training questions. */
  | { kind: 'base'; id: string; model: string }
  /** A response set: written, read, or made from a model's answers. */
  | { kind: 'set'; id: string; set: string; model: string | undefined }
  /** How familiar one set is to one model, before any training. */
  | { kind: 'familiarity'; id: string; model: string; set: string }
  | ({ kind: 'run' } & PlannedRun);

/** One model trained on one set, once with each seed. */
export interface Arm {
  model: string;
  set: string;
  runs: PlannedRun[];
}

/** The arms that the file names, or every model on every set. */
export function armsOf({ models, sets, seeds, arms }: Experiment): Arm[] {
  const named =
    arms ?? models.flatMap((model) => sets.map((set) => ({ model: model.id, set: set.id })));
  return named.map(({ model, set }) => ({
    model,
    set,
    runs: seeds.map((seed) => ({ id: `run.${model}.${set}.seed-${seed}`, model, set, seed })),
  }));
}

/** Stages in an order in which each finds what it needs, with few changes of the open model. */
export function planExperiment(experiment: Experiment): Stage[] {
  const { models, sets } = experiment;
  const arms = armsOf(experiment);
  return [
    ...models.map(({ id }): Stage => ({ kind: 'base', id: `base.${id}`, model: id })),
    ...sets.map((set): Stage => ({
      kind: 'set',
      id: `set.${set.id}`,
      set: set.id,
      model: 'model' in set ? set.model : undefined,
    })),
    ...models.flatMap(({ id: model }): Stage[] => [
      ...sets.map(({ id: set }): Stage => ({
        kind: 'familiarity',
        id: familiarityId(model, set),
        model,
        set,
      })),
      ...arms
        .filter((arm) => arm.model === model)
        .flatMap(({ runs }) => runs.map((run): Stage => ({ kind: 'run', ...run }))),
    ]),
  ];
}

export const familiarityId = (model: string, set: string): string => `familiarity.${model}.${set}`;

/** Ids of the stages that come before this one, for its own sake or the report's. */
export function needsOf(stage: Stage, { sets, familiarity, budget }: Experiment): string[] {
  switch (stage.kind) {
    case 'base':
      return [];
    case 'set': {
      const spec = sets.find(({ id }) => id === stage.set)!;
      return [
        ...('model' in spec ? [`base.${spec.model}`] : []),
        ...partsOf(spec).map((id) => `set.${id}`),
      ];
    }
    case 'familiarity':
      return [
        ...(familiarity.styleExamples > 0 ? [`base.${stage.model}`] : []),
        `set.${stage.set}`,
      ];
    case 'run': {
      // Equal tokens are those of the average set: its steps depend on all of them.
      const measured = budget === 'equal-tokens' ? sets.map(({ id }) => id) : [stage.set];
      return [`base.${stage.model}`, ...measured.map((id) => familiarityId(stage.model, id))];
    }
  }
}
