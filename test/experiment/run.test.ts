/** The protocol with fake backend: what is asked when, what is kept, what the numbers say. */
import { describe, expect, it } from 'vitest';
import { DataError, StoppedError } from '../../src/errors.ts';
import { needsOf, planExperiment } from '../../src/experiment/spec/plan.ts';
import {
  makeReport,
  type ExperimentReport,
  type Environment,
} from '../../src/experiment/report/report.ts';
import type { StageResult, RunResult, SetResult } from '../../src/experiment/run/results.ts';
import { runExperiment, type StageEnd } from '../../src/experiment/run/run.ts';
import {
  readExperiment,
  type Experiment,
  type ExperimentInput,
} from '../../src/experiment/spec/schema.ts';
import { ExperimentRunner, type StageDone } from '../../src/experiment/run/runner.ts';
import { filesTask, worldTask, type Task } from '../../src/experiment/run/task.ts';
import { checkAnswer } from '../../src/world/checker.ts';
import { dialectById } from '../../src/world/corpus.ts';
import { allDone } from './all-done.ts';
import { fakeBackend, memoryResults, type FakeOptions } from './fake-backend.ts';

const crossOver: ExperimentInput = {
  version: 1,
  name: 'tiny',
  models: [
    { id: 'ma', dialect: 'a' },
    { id: 'mb', dialect: 'b' },
  ],
  task: { kind: 'world', trainQuestions: 10, testQuestions: 60, retentionQuestions: 30 },
  sets: [
    { id: 'a', kind: 'written', writer: 'a' },
    { id: 'b', kind: 'written', writer: 'b' },
  ],
  seeds: [1, 2],
  crossOver: { modelA: 'ma', setA: 'a', modelB: 'mb', setB: 'b' },
};
const environment = { fingerprint: 'test' } as Environment;

interface Setup {
  input?: Partial<ExperimentInput>;
  options?: Partial<FakeOptions>;
  store?: ReturnType<typeof memoryResults>;
}

function setUp({ input = {}, options = {}, store = memoryResults() }: Setup = {}) {
  const experiment = readExperiment({ ...crossOver, ...input }, 'test');
  if (experiment.task.kind !== 'world') throw new Error('These tests use the micro-world.');
  const task = worldTask(experiment, experiment.task);
  const all = [...task.train, ...task.validation, ...task.test, ...task.retention];
  const golds = new Map(all.map(({ text, gold }) => [text, gold]));
  const fake = fakeBackend({ skill: () => 0.5, golds, ...options });
  const quiet = () => Promise.resolve();
  const job = { experiment, task, files: new Map(), backend: fake.backend, store, report: quiet };
  return { experiment, task, fake, store, job, run: () => allDone(job) };
}

function reportOf(experiment: Experiment, task: Task, events: readonly StageDone[]) {
  const results = events.map(({ result }) => result);
  return makeReport(experiment, task, results, environment);
}

async function report(setup: Setup): Promise<ExperimentReport> {
  const { experiment, task, run } = setUp(setup);
  return reportOf(experiment, task, await run());
}

const ownIsBetter = (model: string, set: string | undefined) =>
  set === undefined ? 0.4 : model.endsWith(set) ? 0.85 : 0.25;
const foreignIsFamiliar = (model: string, set: string) => (model.endsWith(set) ? 1.5 : 0.5);

describe('running', () => {
  it('asks every test question once of each base model and each run, greedily', async () => {
    const { task, fake, run } = setUp();
    await run();
    const testTexts = new Set(task.test.map(({ text }) => text));
    const counts = new Map<string, number>();
    for (const { model, set, questions, temperature } of fake.calls) {
      expect(temperature).toBeUndefined();
      for (const question of questions.filter((text) => testTexts.has(text))) {
        const key = `${model}/${set ?? 'base'}/${question}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(2 * 3 * 60);
    for (const [key, count] of counts) expect(count).toBe(key.includes('/base/') ? 1 : 2);
  });

  it('trains every arm with every seed and frees what it opened', async () => {
    const { fake, run } = setUp();
    await run();
    expect(fake.trainings.map(({ model, set, seed }) => `${model} ${set} ${seed}`)).toEqual([
      'ma a 1',
      'ma a 2',
      'ma b 1',
      'ma b 2',
      'mb a 1',
      'mb a 2',
      'mb b 1',
      'mb b 2',
    ]);
    expect(fake.live()).toBe(0);
  });

  it('goes on after a kill, repeats nothing, and finds the same numbers', async () => {
    const options = { skill: ownIsBetter };
    const whole = setUp({ options });
    const expected = reportOf(whole.experiment, whole.task, await whole.run());

    const store = memoryResults();
    const killed = setUp({
      options: { ...options, failAt: { training: 4, error: new StoppedError('killed') } },
      store,
    });
    await expect(killed.run()).rejects.toThrow('killed');
    expect(killed.fake.live()).toBe(0);
    expect([...store.texts.keys()].filter((id) => id.startsWith('run.'))).toHaveLength(3);

    const resumed = setUp({ options, store });
    const events = await resumed.run();
    expect(events.filter(({ kept }) => kept)).toHaveLength(2 + 2 + 2 + 3);
    expect(resumed.fake.trainings).toHaveLength(5);
    expect(reportOf(resumed.experiment, resumed.task, events)).toEqual(expected);
  });

  it('goes past what fails: only what needs it waits, and the rest is found when it goes on', async () => {
    const input: Partial<ExperimentInput> = {
      sets: [
        ...crossOver.sets,
        { id: 'right', kind: 'own-correct', model: 'ma', samples: 1 },
        { id: 'any', kind: 'random-choice', from: ['right', 'a'] },
      ],
      arms: ['a', 'b', 'right', 'any'].map((set) => ({ model: 'ma', set })),
      crossOver: undefined,
    };
    const ends = async (setup: Setup) => {
      const { job } = setUp({ input, ...setup });
      const all: StageEnd[] = [];
      for await (const end of runExperiment(job)) all.push(end);
      return all;
    };
    const store = memoryResults();
    const failAt = { training: 2, error: new DataError('No.') };
    // Of a model that knows nothing no answer is right: there is no such set.
    const first = await ends({ options: { failAt, skill: () => 0 }, store });
    const failed = first.flatMap((end) => ('error' in end ? [end.stage.id] : []));
    expect(failed).toEqual(['set.right', 'run.ma.a.seed-2']);
    const without = first.flatMap((end) =>
      'without' in end ? [`${end.stage.id} ${end.without.join()}`] : [],
    );
    const measured = (set: string) => `familiarity.ma.${set}`;
    expect(without).toEqual([
      'set.any set.right',
      `${measured('right')} set.right`,
      `${measured('any')} set.any`,
      ...['right', 'any'].flatMap((set) =>
        [1, 2].map((seed) => `run.ma.${set}.seed-${seed} ${measured(set)}`),
      ),
      'familiarity.mb.right set.right',
      'familiarity.mb.any set.any',
    ]);
    expect(first).toHaveLength(failed.length + without.length + store.texts.size);

    const again = await ends({ store });
    const done = again.filter((end) => 'result' in end && !end.kept).map(({ stage }) => stage.id);
    expect(new Set(done)).toEqual(
      new Set([...failed, ...without.map((line) => line.split(' ')[0]!)]),
    );
    expect(again.every((end) => 'result' in end)).toBe(true);
  });

  it('gives the same numbers in any order that has what each stage needs', async () => {
    const setup = { options: { skill: ownIsBetter } };
    const { experiment, task, run } = setUp(setup);
    const expected = reportOf(experiment, task, await run());
    const other = setUp(setup);
    const runner = new ExperimentRunner(other.job);
    const events: StageDone[] = [];
    const waiting = planExperiment(experiment).toReversed();
    while (waiting.length > 0) {
      const done = events.map(({ stage }) => stage.id);
      const at = waiting.findIndex((stage) =>
        needsOf(stage, experiment).every((id) => done.includes(id)),
      );
      events.push(await runner.settle(waiting.splice(at, 1)[0]!));
    }
    runner.close();
    expect(other.fake.live()).toBe(0);
    expect(events[0]!.stage.id).toBe('set.b');
    expect(reportOf(experiment, task, events)).toEqual(expected);
  });

  it('chooses the learning rate on validation questions, the same grid for all', async () => {
    const { task, fake, run } = setUp({
      input: {
        task: { ...crossOver.task, validationQuestions: 40 },
        learningRates: [3e-3, 1e-3],
        seeds: [1],
      },
      options: { skill: (_model, set, lr) => (set === 'a' ? lr * 200 : 0.9 - lr * 200) },
    });
    const runs = (await run()).flatMap(({ result }) => (result.kind === 'run' ? [result] : []));
    expect(runs.map(({ set, learningRate }) => [set, learningRate])).toEqual([
      ['a', 3e-3],
      ['b', 1e-3],
      ['a', 3e-3],
      ['b', 1e-3],
    ]);
    expect(runs[0]!.choice.map(({ learningRate, n }) => [learningRate, n])).toEqual([
      [1e-3, 40],
      [3e-3, 40],
    ]);
    const test = new Set(task.test.map(({ text }) => text));
    const tuned = fake.calls.filter(
      ({ set, questions }) => set && questions.some((q) => test.has(q)),
    );
    expect(tuned).toHaveLength(4);
    expect(fake.live()).toBe(0);
  });

  it('keeps the weights that are best on validation questions, and tests those alone', async () => {
    const { task, fake, run } = setUp({
      input: {
        task: { ...crossOver.task, validationQuestions: 40 },
        training: { steps: 20, evaluateEvery: 5 },
        checkpoint: 'best-accuracy',
        seeds: [1],
        arms: [{ model: 'ma', set: 'a' }],
        crossOver: undefined,
      },
      // Best in the middle: a run that is trained too long.
      options: {
        skill: (_model, set, _lr, step) => (set === undefined ? 0.1 : step === 10 ? 1 : 0),
      },
    });
    const found = (await run()).find(({ result }) => result.kind === 'run')!.result as RunResult;
    expect(found.checkpoints).toEqual(
      [5, 10, 15, 20].map((step) => ({ step, correct: step === 10 ? 40 : 0, n: 40 })),
    );
    expect(found.keptStep).toBe(10);
    expect(found.test.every(({ strict }) => strict)).toBe(true);
    const test = new Set(task.test.map(({ text }) => text));
    const tuned = fake.calls.filter(({ set }) => set !== undefined);
    expect(tuned.flatMap(({ questions }) => questions).filter((q) => test.has(q))).toHaveLength(60);
    // Untrained weights are no candidate, and every validation question is asked at every other.
    expect(tuned.flatMap(({ questions }) => questions)).toHaveLength(60 + 30 + 4 * 40);
  });

  it('keeps the weights of the lowest held-out loss, of equals the earlier', async () => {
    const losses: Record<number, number> = { 0: 0.1, 5: 0.9, 10: 0.6, 15: 0.6, 20: 0.7 };
    const { run, experiment, task } = setUp({
      input: {
        task: { ...crossOver.task, validationQuestions: 5 },
        training: { steps: 20, evaluateEvery: 5 },
        checkpoint: 'best-loss',
        seeds: [1],
      },
      options: { validationLoss: (_set, step) => losses[step]! },
    });
    const events = await run();
    const found = events.find(({ result }) => result.kind === 'run')!.result as RunResult;
    expect(found).toMatchObject({ keptStep: 10 });
    expect(found.checkpoints.map(({ loss }) => loss)).toEqual([0.9, 0.6, 0.6, 0.7]);
    const { notes, arms } = reportOf(experiment, task, events);
    expect(arms[0]!.seeds[0]!.keptStep).toBe(10);
    expect(notes.join(' ')).toContain('best on the validation questions (loss of held-out answers');
  });

  it('measures how far each run moved, on the base model’s own answers', async () => {
    const { experiment, task, run } = setUp({
      input: { evaluation: { divergenceQuestions: 7 } },
      options: { divergence: (set) => (set === 'a' ? 0.05 : 0.4) },
    });
    const events = await run();
    const of = (id: string) => events.find(({ stage }) => stage.id === id)!.result as RunResult;
    const { divergence } = of('run.ma.b.seed-2');
    expect(divergence.test.map(({ rowId }) => rowId)).toEqual(
      task.test.slice(0, 7).map(({ id }) => id),
    );
    expect(divergence.retention).toHaveLength(7);
    const { arms, models } = reportOf(experiment, task, events);
    expect(arms.map((arm) => arm.divergence.test!.perToken.toFixed(6))).toEqual([
      '0.050000',
      '0.400000',
      '0.050000',
      '0.400000',
    ]);
    expect(Object.keys(models[0]!.textNll)).toEqual(['dialect A', 'dialect B']);
    expect(arms[0]!.textNllChange['dialect A']!.n).toBe(50);
  });

  it('gives every arm about the same answer tokens when asked to', async () => {
    const { fake, run } = setUp({
      input: {
        sets: [
          { id: 'a', kind: 'written', writer: 'terse' },
          { id: 'b', kind: 'written', writer: 'detail' },
        ],
        budget: 'equal-tokens',
        seeds: [1],
      },
    });
    const sets = (await run()).flatMap(({ result }) => (result.kind === 'set' ? [result] : []));
    const meanTokens = (id: string) => {
      const { rows } = sets.find(({ set }) => set.id === id)!.set;
      return (
        rows.reduce((sum, { response }) => sum + response.split(' ').length + 1, 0) / rows.length
      );
    };
    const tokens = fake.trainings.map(({ set, steps }) => steps * meanTokens(set));
    for (const count of tokens) expect(count / tokens[0]!).toBeCloseTo(1, 1);
    expect(fake.trainings[0]!.steps).toBeGreaterThan(1.5 * fake.trainings[1]!.steps);
  });
});

describe('verdicts', () => {
  it('support the claim when each model learns more from its own set', async () => {
    const { crossOver: result } = await report({ options: { skill: ownIsBetter } });
    expect(result!.accuracy.verdict).toBe('supported');
    expect(result!.accuracy.mean).toBeGreaterThan(0.4);
    expect(result!.retention!.verdict).toBe('supported');
  });

  it('contradict it when each learns more from the other', async () => {
    const skill = (model: string, set: string | undefined) => 1 - ownIsBetter(model, set);
    const { crossOver: result } = await report({ options: { skill, nll: foreignIsFamiliar } });
    expect(result!.accuracy.verdict).toBe('contradicted');
    expect(result!.familiarity.verdict).toBe('contradicted');
    expect(result!.familiarity.mean).toBeCloseTo(-1, 1);
  });

  it('are inconclusive when sets do not matter', async () => {
    const { crossOver: result, notes } = await report({});
    expect(result!.accuracy.verdict).toBe('inconclusive');
    expect(notes.join(' ')).toContain('2 seeds allow no one-sided p below 0.25');
  });

  it('count base, change and interval from the very outcomes', async () => {
    const { experiment, task, run } = setUp({ options: { skill: ownIsBetter } });
    const events = await run();
    const { arms, models } = reportOf(experiment, task, events);
    const of = (id: string) => events.find(({ stage }) => stage.id === id)!.result;
    const right = (result: StageResult) =>
      result.kind === 'run' || result.kind === 'base'
        ? result.test.filter(({ strict }) => strict).length / 60
        : NaN;
    expect(models[0]!.strict.share).toBe(right(of('base.ma')));
    const both = [right(of('run.ma.a.seed-1')), right(of('run.ma.a.seed-2'))];
    expect(arms[0]!.seeds.map(({ strict }) => strict.share)).toEqual(both);
    expect(arms[0]!.accuracy).toBeCloseTo((both[0]! + both[1]!) / 2, 12);
    const { change } = arms[0]!.accuracyChange;
    expect(change).toBeCloseTo(arms[0]!.accuracy - right(of('base.ma')), 12);
    expect(arms[0]!.interval.low).toBeLessThan(arms[0]!.accuracy);
    expect(arms[0]!.interval.high).toBeGreaterThan(arms[0]!.accuracy);
  });
});

describe('sets made from a model', () => {
  const sets: ExperimentInput['sets'] = [
    { id: 'a', kind: 'written', writer: 'a' },
    { id: 'b', kind: 'written', writer: 'b' },
    { id: 'own', kind: 'own', model: 'ma' },
    { id: 'right', kind: 'own-correct', model: 'ma', samples: 2 },
    { id: 'mixed', kind: 'own-correct', model: 'ma', samples: 2, otherwise: 'b' },
    { id: 'change', kind: 'minimum-change', model: 'mb' },
    { id: 'near', kind: 'most-familiar', model: 'ma', from: ['own', 'a', 'b'] },
  ];
  const made = async () => {
    const { task, fake, run } = setUp({
      input: { sets, seeds: [1], arms: [{ model: 'ma', set: 'a' }], crossOver: undefined },
      options: { nll: (_model, set) => ({ own: 0.1, a: 2, b: 1 })[set] ?? 1 },
    });
    const results = (await run()).map(({ result }) => result);
    const found = results.filter((result): result is SetResult => result.kind === 'set');
    return { task, fake, of: (id: string) => found.find(({ set }) => set.id === id)! };
  };

  it('sample until an answer is right, and say how many questions were solved', async () => {
    const { task, fake, of } = await made();
    const right = of('right');
    expect(right.correct.every(Boolean)).toBe(true);
    expect(right.made).toMatchObject({ kind: 'own-correct', samples: 2, questions: 10 });
    expect(right.made['solved']).toBe(right.set.rows.length);
    const drawn = fake.calls.filter(({ temperature }) => temperature === 0.8);
    expect(drawn[0]!.questions).toHaveLength(task.train.length);
    expect(drawn[1]!.questions.length).toBeLessThan(task.train.length);
    expect(right.set.provenance).toContain('are left out');
  });

  it('take the rest from another set when told to', async () => {
    const { task, of } = await made();
    const mixed = of('mixed');
    expect(mixed.set.rows.map(({ id }) => id)).toEqual(task.train.map(({ id }) => id));
    const fromB = new Map(of('b').set.rows.map(({ id, response }) => [id, response]));
    const taken = mixed.set.rows.filter(({ id, response }) => fromB.get(id) === response);
    expect(taken).toHaveLength(10 - of('right').set.rows.length);
  });

  it('correct the own answers in the model’s dialect', async () => {
    const { task, of } = await made();
    const change = of('change');
    for (const row of change.set.rows) {
      const question = task.worldQuestions.get(row.id)!;
      expect(checkAnswer(dialectById('b'), question, row.response).correct).toBe(true);
    }
    expect(change.made).toMatchObject({ kind: 'minimum-change', dialect: 'b' });
  });

  it('choose the most familiar right answer of each question', async () => {
    const { of } = await made();
    const ownSet = of('own');
    const solved = ownSet.correct.filter(Boolean).length;
    expect(solved).toBeGreaterThan(0);
    expect(solved).toBeLessThan(10);
    expect(of('near').made).toMatchObject({
      'from own': solved,
      'from a': 0,
      'from b': 10 - solved,
    });
  });
});

describe('task from files', () => {
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({
      id: `q${from + i}`,
      question: `Question ${from + i}?`,
      response: `It is ${from + i}. Final Answer: ${from + i}`,
      gold: String(from + i),
    }));
  const set = (id: string, from: number, to: number) => ({ id, name: id, rows: rows(from, to) });
  const spec = { kind: 'files' as const, answers: { kind: 'final-answer' as const }, test: 't' };

  it('joins sets by question and cuts to size', () => {
    const sets = new Map([
      ['x', set('x', 0, 8)],
      ['y', set('y', 2, 10)],
    ]);
    const made = filesTask({ ...spec, trainQuestions: 4 }, { sets, test: set('t', 20, 25) });
    expect(made.task.train.map(({ id }) => id)).toEqual(['q2', 'q3', 'q4', 'q5']);
    expect(made.sets.get('y')!.rows.map(({ id }) => id)).toEqual(['q2', 'q3', 'q4', 'q5']);
    expect(made.task.test).toHaveLength(5);
  });

  it('refuses test questions that are trained on, and those without a right answer', () => {
    const test = set('t', 6, 12);
    const without = { ...test, rows: test.rows.map(({ gold: _gold, ...row }) => row) };
    const sets = new Map([['x', set('x', 0, 8)]]);
    const call = () => filesTask(spec, { sets, test: without, validation: set('v', 9, 11) });
    expect(call).toThrow(DataError);
    expect(call).toThrow(/test: 2 questions are trained on, the first q6/);
    expect(call).toThrow(/test: 6 rows have no right answer/);
    expect(call).toThrow(/validation: 2 questions are tested too, the first q9/);
  });
});
