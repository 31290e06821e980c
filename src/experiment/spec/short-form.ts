/** An experiment without what the schema fills in by itself: short enough for an address. */
import { readExperiment, type Experiment, type ExperimentInput } from './schema.ts';

/** `readExperiment` of it gives the experiment again. */
export function shortForm(experiment: Experiment): ExperimentInput {
  const { version, name, models, sets, seeds, task } = experiment;
  const least = { version, name, models, sets, seeds, task: leastTask(task) };
  return without(experiment, readExperiment(least, name), least) as ExperimentInput;
}

function leastTask(task: Experiment['task']): ExperimentInput['task'] {
  return task.kind === 'world' ? { kind: 'world' } : task;
}

type Tree = Readonly<Record<string, unknown>>;

/** The keys of `value` that differ from `defaults`, and those that `needed` has. */
function without(value: Tree, defaults: Tree, needed: Tree): Tree {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, given]) => {
      const [usual, need] = [defaults[key], needed[key]];
      if (isTree(given) && isTree(usual)) {
        const rest = without(given, usual, isTree(need) ? need : {});
        return Object.keys(rest).length > 0 ? [[key, rest]] : [];
      }
      const same = JSON.stringify(given) === JSON.stringify(usual);
      return given === undefined || (same && need === undefined) ? [] : [[key, given]];
    }),
  );
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
