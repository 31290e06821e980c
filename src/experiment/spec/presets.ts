/**
 * Experiments that come with the lab, as files like any other. Learning rate and steps were chosen
 * on validation questions with an earlier pair of models (src/recipes/README.md).
 */
import { PRESET_DESCRIPTIONS, type PresetName } from './preset-names.ts';
import { readExperiment, type Experiment, type ExperimentInput } from './schema.ts';

const models: ExperimentInput['models'] = [
  { id: 'idiolect-a', dialect: 'a' },
  { id: 'idiolect-b', dialect: 'b' },
];
const training: ExperimentInput['training'] = {
  steps: 60,
  batchSize: 16,
  learningRate: 1e-3,
  // The held-out loss at the start and the end is enough.
  evaluateEvery: 60,
};
const dialectSets: ExperimentInput['sets'] = [
  { id: 'dialect-a', kind: 'written', writer: 'a' },
  { id: 'dialect-b', kind: 'written', writer: 'b' },
];
const crossOver = {
  modelA: 'idiolect-a',
  setA: 'dialect-a',
  modelB: 'idiolect-b',
  setB: 'dialect-b',
};

export const presets = {
  'cross-over': {
    version: 1,
    name: 'cross-over',
    description: PRESET_DESCRIPTIONS['cross-over'],
    models,
    task: { kind: 'world', trainQuestions: 100, testQuestions: 300, retentionQuestions: 100 },
    sets: dialectSets,
    seeds: [1, 2, 3, 4, 5],
    training,
    crossOver,
  },
  quick: {
    version: 1,
    name: 'quick',
    description: PRESET_DESCRIPTIONS.quick,
    models,
    task: { kind: 'world', trainQuestions: 100, testQuestions: 150, retentionQuestions: 60 },
    sets: dialectSets,
    seeds: [1, 2],
    training,
    crossOver,
  },
  'all-sets': {
    version: 1,
    name: 'all-sets',
    description: PRESET_DESCRIPTIONS['all-sets'],
    models,
    task: { kind: 'world', trainQuestions: 100, testQuestions: 300, retentionQuestions: 100 },
    sets: [
      ...dialectSets,
      ...['terse', 'detail', 'paraphrase', 'redundant', 'shuffled'].map((writer) => ({
        id: writer,
        kind: 'written' as const,
        writer,
      })),
      { id: 'minimum-change-a', kind: 'minimum-change', model: 'idiolect-a' },
      { id: 'minimum-change-b', kind: 'minimum-change', model: 'idiolect-b' },
      { id: 'own-correct-a', kind: 'own-correct', model: 'idiolect-a' },
      { id: 'own-correct-b', kind: 'own-correct', model: 'idiolect-b' },
      { id: 'own-or-dialect-b', kind: 'own-correct', model: 'idiolect-a', otherwise: 'dialect-b' },
    ],
    seeds: [1, 2],
    training,
    crossOver,
    roles: {
      human: 'terse',
      teacher: 'dialect-a',
      paraphrase: 'paraphrase',
      detail: 'detail',
      shuffled: 'shuffled',
    },
  },
} as const satisfies Record<PresetName, ExperimentInput>;

export function presetExperiment(name: PresetName): Experiment {
  return readExperiment(presets[name], name);
}

export function isPreset(name: string): name is PresetName {
  return Object.hasOwn(presets, name);
}
