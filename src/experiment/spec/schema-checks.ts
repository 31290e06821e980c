/** What a schema cannot say: names that must exist, parts that must fit together. */
import { families } from '../../world/families.ts';
import { responseSetWriters } from '../../world/response-sets.ts';
import type { Experiment, SetSpec } from './schema.ts';

/** One sentence for each thing that does not fit. */
export function crossProblems(experiment: Experiment): string[] {
  const { models, sets, arms = [], crossOver, task } = experiment;
  const modelIds = models.map(({ id }) => id);
  const setIds = sets.map(({ id }) => id);
  const problems = [...repeated('models', modelIds), ...repeated('sets', setIds)];
  const need = (place: string, id: string, known: readonly string[], what: string) => {
    if (!known.includes(id)) problems.push(`${place}: there is no ${what} "${id}" in this file.`);
  };
  sets.forEach((set, i) => {
    const place = `sets.${i}`;
    if ('model' in set) need(`${place}.model`, set.model, modelIds, 'model');
    const earlier = setIds.slice(0, i);
    const others = partsOf(set);
    for (const id of others) {
      if (setIds.includes(id) && !earlier.includes(id)) {
        problems.push(
          `${place}: the set "${id}" must stand before "${set.id}", which is made of it.`,
        );
      } else need(place, id, setIds, 'set');
    }
    problems.push(...taskProblems(experiment, set).map((problem) => `${place}: ${problem}`));
  });
  arms.forEach(({ model, set }, i) => {
    need(`arms.${i}.model`, model, modelIds, 'model');
    need(`arms.${i}.set`, set, setIds, 'set');
  });
  problems.push(
    ...repeated(
      'arms',
      arms.map(({ model, set }) => `${model} on ${set}`),
    ),
  );
  if (crossOver) {
    const { modelA, setA, modelB, setB } = crossOver;
    need('crossOver.modelA', modelA, modelIds, 'model');
    need('crossOver.modelB', modelB, modelIds, 'model');
    need('crossOver.setA', setA, setIds, 'set');
    need('crossOver.setB', setB, setIds, 'set');
    if (setA === setB) problems.push('crossOver: setA and setB are the same set.');
    if (modelA === modelB) problems.push('crossOver: modelA and modelB are the same model.');
    for (const model of [modelA, modelB]) {
      for (const set of [setA, setB]) {
        const trained = arms.some((arm) => arm.model === model && arm.set === set);
        if (experiment.arms && !trained) {
          problems.push(`crossOver: no arm trains ${model} on ${set}.`);
        }
      }
    }
  }
  for (const [role, set] of Object.entries(experiment.roles)) {
    if (set !== undefined) need(`roles.${role}`, set, setIds, 'set');
  }
  if (task.kind === 'world') {
    const known = families.map(({ id }) => id);
    for (const key of ['families', 'retentionFamilies'] as const) {
      for (const id of task[key] ?? []) {
        if (!known.includes(id)) {
          problems.push(`task.${key}: the micro-world has no family "${id}".`);
        }
      }
      if (task[key]?.length === 0) problems.push(`task.${key}: names no family.`);
    }
  }
  if (task.kind === 'files' && !sets.some(({ kind }) => kind === 'file')) {
    problems.push('sets: a task from files takes its questions from a set of kind "file".');
  }
  const hasValidation =
    task.kind === 'world' ? task.validationQuestions > 0 : task.validation !== undefined;
  if (experiment.learningRates.length > 1 && !hasValidation) {
    problems.push('learningRates: choosing one needs validation questions.');
  }
  const { checkpoint } = experiment;
  if (checkpoint !== 'last' && !hasValidation) {
    problems.push(`checkpoint: "${checkpoint}" needs validation questions.`);
  }
  const trained = arms.length > 0 ? arms.map(({ set }) => set) : setIds;
  const unwritten = sets.find(({ id, kind }) => trained.includes(id) && kind !== 'written');
  if (checkpoint === 'best-loss' && task.kind === 'world' && unwritten) {
    problems.push(
      `checkpoint: "best-loss" needs held-out answers, and of the set ${unwritten.id} there are none.`,
    );
  }
  if (experiment.training.method === 'full') {
    problems.push('training.method: experiments train LoRA adapters only.');
  }
  return problems;
}

function taskProblems({ task, models }: Experiment, set: SetSpec): string[] {
  if (task.kind === 'files') {
    return set.kind === 'written' || set.kind === 'minimum-change'
      ? [`"${set.kind}" sets need the micro-world, and this task comes from files.`]
      : [];
  }
  if (set.kind === 'file') {
    return ['a set from a file needs a task from files: the micro-world makes its own questions.'];
  }
  if (set.kind === 'written' && !responseSetWriters.some(({ id }) => id === set.writer)) {
    const known = responseSetWriters.map(({ id }) => id).join(', ');
    return [`there is no writer "${set.writer}"; known are ${known}.`];
  }
  if (set.kind === 'minimum-change') {
    const model = models.find(({ id }) => id === set.model);
    if (model && model.dialect === undefined) {
      return [`the model ${model.id} needs a "dialect" for its answers to be read.`];
    }
  }
  return [];
}

/** Sets that this one is made of. */
export function partsOf(set: SetSpec): readonly string[] {
  if ('from' in set) return set.from;
  if (set.kind === 'paraphrase') return [set.of];
  return set.kind === 'own-correct' && set.otherwise !== undefined ? [set.otherwise] : [];
}

function repeated(what: string, ids: readonly string[]): string[] {
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  return [...new Set(twice)].map((id) => `${what}: "${id}" stands there twice.`);
}
