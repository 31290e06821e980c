/** What the form's controls change in an experiment, so that what hangs together stays together. */
import { PARAPHRASE_TEMPLATE } from '../experiment/sets/paraphrase-template.ts';
import type { Experiment, ModelSpec } from '../experiment/spec/schema.ts';
import type { MadeKind } from './experiment-fields.ts';

export function toggleModel(experiment: Experiment, spec: ModelSpec): void {
  if (!experiment.models.some(({ id }) => id === spec.id)) {
    experiment.models = [...experiment.models, spec];
    return;
  }
  experiment.models = experiment.models.filter(({ id }) => id !== spec.id);
  forget(
    experiment,
    (id) => id === spec.id,
    () => false,
  );
  for (const set of experiment.sets) {
    if ('model' in set && set.model === spec.id) removeSet(experiment, set.id);
  }
}

export function toggleWriter(experiment: Experiment, writer: string): void {
  const written = experiment.sets.find((set) => set.kind === 'written' && set.writer === writer);
  if (written !== undefined) removeSet(experiment, written.id);
  else experiment.sets = [...experiment.sets, { id: writer, kind: 'written', writer }];
}

/** A set that a model's answers are needed for. */
export function addMadeSet(experiment: Experiment, kind: MadeKind, model: string): void {
  const taken = experiment.sets.map(({ id }) => id);
  const short = model.replace(/^idiolect-/, '');
  let id = `${kind}-${short}`;
  for (let i = 2; taken.includes(id); i++) id = `${kind}-${short}-${i}`;
  experiment.sets = [...experiment.sets, madeSet(id, kind, model, taken)];
}

function madeSet(
  id: string,
  kind: MadeKind,
  model: string,
  others: string[],
): Experiment['sets'][number] {
  switch (kind) {
    case 'own':
    case 'minimum-change':
      return { id, kind, model };
    case 'own-correct':
      return { id, kind, model, samples: 8, temperature: 0.8, seed: 1 };
    case 'most-familiar':
    case 'least-familiar':
      return { id, kind, model, from: others };
    case 'random-choice':
      return { id, kind, from: others, seed: 1 };
    case 'paraphrase':
      return { id, kind, model, of: others[0] ?? '', template: PARAPHRASE_TEMPLATE };
  }
}

export function removeSet(experiment: Experiment, id: string): void {
  experiment.sets = experiment.sets.filter((set) => set.id !== id);
  forget(
    experiment,
    () => false,
    (set) => set === id,
  );
}

/** Without named arms every model is trained on every set. */
export function isTrained({ arms }: Experiment, model: string, set: string): boolean {
  return arms?.some((arm) => arm.model === model && arm.set === set) ?? true;
}

export function toggleArm(experiment: Experiment, model: string, set: string): void {
  const all = experiment.models.flatMap((spec) =>
    experiment.sets.map((other) => ({ model: spec.id, set: other.id })),
  );
  const arms = all.filter(
    (arm) => isTrained(experiment, arm.model, arm.set) !== (arm.model === model && arm.set === set),
  );
  if (arms.length === all.length) delete experiment.arms;
  else experiment.arms = arms;
}

/** Tests the 2×2 of the first two models and sets, or no longer. */
export function toggleCrossOver(experiment: Experiment): void {
  const { models, sets } = experiment;
  if (experiment.crossOver !== undefined) delete experiment.crossOver;
  else if (models.length > 1 && sets.length > 1) {
    experiment.crossOver = {
      modelA: models[0]!.id,
      setA: sets[0]!.id,
      modelB: models[1]!.id,
      setB: sets[1]!.id,
    };
  }
}

/** Other questions with other sets: what named the old ones goes. */
export function replaced(experiment: Experiment, change: Partial<Experiment>): Experiment {
  const other = { ...experiment, ...change };
  delete other.crossOver;
  delete other.arms;
  return other;
}

/** Takes what is gone out of arms and cross-over. */
function forget(
  experiment: Experiment,
  model: (id: string) => boolean,
  set: (id: string) => boolean,
): void {
  const arms = experiment.arms?.filter((arm) => !model(arm.model) && !set(arm.set));
  if (arms !== undefined) experiment.arms = arms;
  const { crossOver } = experiment;
  if (crossOver === undefined) return;
  const { modelA, modelB, setA, setB } = crossOver;
  if ([modelA, modelB].some(model) || [setA, setB].some(set)) delete experiment.crossOver;
}
