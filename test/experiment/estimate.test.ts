/** What is thought to be done against what is done by backend that count, and against counts by hand. */
import { describe, expect, it } from 'vitest';
import {
  stageSeconds,
  sizesOf,
  secondsByPart,
  type Known,
  type UnitCosts,
} from '../../src/experiment/run/estimate.ts';
import { planExperiment, type Stage } from '../../src/experiment/spec/plan.ts';
import { readExperiment, type ExperimentInput } from '../../src/experiment/spec/schema.ts';
import { worldTask } from '../../src/experiment/run/task.ts';
import { allDone } from './all-done.ts';
import { fakeBackend, memoryResults } from './fake-backend.ts';

const free: UnitCosts = { answer: 0, measure: 0, divergence: 0, step: 0 };
const base: ExperimentInput = {
  version: 1,
  name: 'tiny',
  // Without a dialect there are no answers to other tasks whose NLL could be measured.
  models: [{ id: 'ma', dialect: 'a' }, { id: 'mb' }],
  task: {
    kind: 'world',
    trainQuestions: 7,
    testQuestions: 11,
    retentionQuestions: 5,
    textQuestions: 3,
  },
  sets: [
    { id: 'a', kind: 'written', writer: 'a' },
    { id: 'terse', kind: 'written', writer: 'terse' },
    { id: 'again', kind: 'paraphrase', model: 'ma', of: 'a' },
    { id: 'near', kind: 'most-familiar', model: 'ma', from: ['a', 'terse'] },
    { id: 'far', kind: 'least-familiar', model: 'mb', from: ['a', 'terse'] },
  ],
  seeds: [1, 2],
  training: { steps: 6, evaluateEvery: 4, accumulation: 3 },
  evaluation: { divergenceQuestions: 8 },
};

/** Carries it out with backend that count. */
async function counted(changes: Partial<ExperimentInput>) {
  const experiment = readExperiment({ ...base, ...changes }, 'test');
  if (experiment.task.kind !== 'world') throw new Error('This test uses the micro-world.');
  const task = worldTask(experiment, experiment.task);
  const all = [...task.train, ...task.validation, ...task.test, ...task.retention];
  const golds = new Map(all.map(({ text, gold }) => [text, gold]));
  const { backend, done, trainings } = fakeBackend({ golds, skill: () => 0.5 });
  const said = new Map<string, string[]>();
  const events = await allDone({
    ...{ experiment, task, backend, files: new Map(), store: memoryResults() },
    report: ({ stage, what }) => {
      const words = said.get(stage.id) ?? [];
      if (words.at(-1) !== what) said.set(stage.id, [...words, what]);
      return Promise.resolve();
    },
  });
  const tokens = new Map(
    events.flatMap(({ result }) => {
      if (result.kind !== 'familiarity') return [];
      const sum = result.answers.reduce((all, answer) => all + answer.tokens, 0);
      return [[`${result.model}/${result.set}`, sum / result.answers.length]];
    }),
  );
  const known = (costs: Partial<UnitCosts>): Known => ({
    experiment,
    sizes: sizesOf(task),
    costs: { ...free, ...costs },
    meanTokens: (model, set) => tokens.get(`${model}/${set}`),
  });
  const plan = planExperiment(experiment);
  const sum = (costs: Partial<UnitCosts>) =>
    plan.reduce((all, stage) => all + stageSeconds(stage, known(costs)), 0);
  return { plan, known, sum, done, trainings, said };
}

describe('a second for each thing done', () => {
  const grid: Partial<ExperimentInput> = {
    task: { ...base.task, validationQuestions: 4 },
    learningRates: [1e-3, 3e-3],
    checkpoint: 'best-accuracy',
  };
  it.each([
    { name: 'the last weights', changes: {} },
    { name: 'a grid of rates and the best weights', changes: grid },
    { name: 'equal tokens', changes: { budget: 'equal-tokens' } },
  ] as const)('adds up to what is counted: $name', async ({ changes }) => {
    const { sum, done, trainings } = await counted(changes);
    expect(sum({ answer: 1 })).toBe(done.answers);
    // Held-out losses are measured within the training, which the backend only pretend.
    const written = trainings.filter(({ set }) => ['a', 'terse'].includes(set)).length;
    const heldOut = 'task' in changes ? written * 3 * 4 : 0;
    expect(sum({ measure: 1 })).toBe(done.measures + heldOut);
    expect(sum({ divergence: 1 })).toBe(done.divergences);
    expect(sum({ step: 1 })).toBe(done.steps);
  });

  it('knows steps of equal tokens only when every set is measured', async () => {
    const { plan, known, trainings } = await counted({ budget: 'equal-tokens' });
    const run = plan.find(({ id }) => id === 'run.ma.terse.seed-1')!;
    const { steps } = trainings.find(({ set }) => set === 'terse')!;
    expect(steps).toBeGreaterThan(6);
    const costs = { step: 1 };
    expect(stageSeconds(run, known(costs))).toBe(3 * steps);
    const early: Known = {
      ...known(costs),
      meanTokens: (_, set) => (set === 'near' ? undefined : 9),
    };
    expect(stageSeconds(run, early)).toBe(3 * 6);
  });

  it('takes a step for longer on longer answers', async () => {
    const { plan, known } = await counted({});
    const run = plan.find(({ id }) => id === 'run.ma.a.seed-1')!;
    const long: Known = {
      ...known({ step: 1, tokens: { prompt: 30, answer: 20 } }),
      meanTokens: () => 70,
    };
    expect(stageSeconds(run, long)).toBe(3 * 6 * 2);
  });
});

it('speaks of stages in their words and their order', async () => {
  const { plan, known, said } = await counted({
    task: { ...base.task, validationQuestions: 4 },
    checkpoint: 'best-accuracy',
    familiarity: { styleExamples: 1 },
  });
  const costs = { answer: 1, measure: 1, divergence: 1, step: 1 };
  for (const stage of plan) {
    const expected = Object.entries(secondsByPart(stage, known(costs)))
      .filter(([, seconds]) => seconds > 0)
      .map(([what]) => what);
    const heard = new Set(said.get(stage.id));
    // In between, as part of training.
    heard.delete('validation questions');
    expect([...heard]).toEqual(expected);
  }
});

describe('counts by hand', () => {
  const sizes = {
    ...{ train: 100, validation: 10, test: 20, retention: 30, text: 40 },
    options: { train: 0, validation: 0, test: 60, retention: 0 },
  };
  const seconds = (stage: Stage, input: Partial<ExperimentInput>, costs: Partial<UnitCosts>) => {
    const experiment = readExperiment({ ...base, ...input }, 'test');
    const known = { experiment, sizes, costs: { ...free, ...costs }, meanTokens: () => undefined };
    return secondsByPart(stage, known);
  };
  const run: Stage = { kind: 'run', id: 'r', model: 'ma', set: 'a', seed: 1 };

  it('measure options instead of answering', () => {
    const times = seconds({ kind: 'base', id: 'b', model: 'ma' }, {}, { answer: 1, measure: 0.1 });
    expect(times['test questions']).toBeCloseTo(60 * 0.1, 12);
    expect(times['other tasks']).toBe(30);
    expect(times['training questions']).toBe(100);
    expect(times['NLL of general text']).toBeCloseTo(40 * 0.1, 12);
  });

  it('measure held-out answers before, in between and at the end, and what is to be masked', () => {
    const training = { steps: 10, evaluateEvery: 4, maskPerplexity: 20 };
    // Steps 0, 4, 8 and 10.
    expect(seconds(run, { training }, { measure: 1 })['training']).toBe(4 * 10 + 100);
  });

  it('measure in style after examples that are as long as the answers', () => {
    const stage: Stage = { kind: 'familiarity', id: 'f', model: 'ma', set: 'a' };
    const times = seconds(stage, { familiarity: { styleExamples: 2 } }, { measure: 1 });
    expect(times).toEqual({ familiarity: 100, 'familiarity in style': 300 });
  });

  it('do not measure right answers where a pattern finds them', () => {
    const task: ExperimentInput['task'] = {
      ...{ kind: 'files', test: 't' },
      answers: { kind: 'pattern', pattern: '(.)' },
    };
    const sets: ExperimentInput['sets'] = [{ id: 'a', kind: 'file', path: 'a' }];
    const times = seconds(run, { task, sets }, { measure: 1 });
    expect(times['NLL of right answers']).toBe(0);
    expect(times['NLL on other tasks']).toBe(30);
  });

  it('expect half of all samples', () => {
    const set = { id: 'o', kind: 'own-correct', model: 'ma', samples: 8 } as const;
    const stage: Stage = { kind: 'set', id: 'set.o', set: 'o', model: 'ma' };
    expect(seconds(stage, { sets: [set] }, { answer: 1 })['making the set']).toBe(400);
  });
});
