/** The experiment file: defaults, and everything wrong with it told at once. */
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { planExperiment } from '../../src/experiment/spec/plan.ts';
import type { PresetName } from '../../src/experiment/spec/preset-names.ts';
import { presetExperiment, presets } from '../../src/experiment/spec/presets.ts';
import { parseExperiment, readExperiment } from '../../src/experiment/spec/schema.ts';

const small = {
  version: 1,
  name: 'small',
  models: [{ id: 'm', dialect: 'a' }],
  task: { kind: 'world' },
  sets: [{ id: 'a', kind: 'written', writer: 'a' }],
  seeds: [1],
};

function problemsOf(value: unknown): readonly string[] {
  try {
    readExperiment(value, 'my.json');
  } catch (error) {
    if (error instanceof DataError) return error.problems;
    throw error;
  }
  return [];
}

describe('experiment file', () => {
  it('fills in what is left out', () => {
    expect(readExperiment(small, 'my.json')).toMatchObject({
      budget: 'equal-steps',
      engine: 'auto',
      task: { trainQuestions: 100, testQuestions: 300, seed: 41 },
      training: { steps: 60, learningRate: 1e-3, method: 'lora' },
      lora: { rank: 8, alpha: 16 },
      evaluation: { maxNewTokens: 128, batchSize: 64, divergenceQuestions: 50 },
      checkpoint: 'last',
      roles: {},
      learningRates: [],
    });
  });

  it('reads what it has written', () => {
    for (const name of Object.keys(presets) as PresetName[]) {
      const experiment = presetExperiment(name);
      expect(parseExperiment(JSON.stringify(experiment), name)).toEqual(experiment);
    }
  });

  it('lists unknown keys and impossible values together, with their places', () => {
    const broken = {
      ...small,
      version: 2,
      extra: 1,
      task: { kind: 'world', testQuestions: 0 },
      sets: [{ id: 'A set', kind: 'written', writer: 'a' }],
      seeds: [1, 1.5],
      training: { steps: -3, batch: 4, method: 'qlora' },
    };
    expect(problemsOf(broken)).toEqual([
      'version: expected 1, got 2.',
      'task.testQuestions: expected at least 1, got 0.',
      'sets.0.id: expected small letters, digits, points and hyphens, got "A set".',
      'seeds.1: expected a whole number, got 1.5.',
      'training.method: expected "lora" or "full", got "qlora".',
      'training.steps: expected a whole number from 1 to 1000000, got -3.',
      'training.batch: no such key.',
      'extra: no such key.',
    ]);
  });

  it('wants questions from somewhere', () => {
    const files = {
      ...small,
      task: { kind: 'files', answers: { kind: 'final-answer' }, test: 'test.jsonl' },
      sets: [{ id: 'own', kind: 'own', model: 'm' }],
    };
    expect(problemsOf(files)).toEqual([
      'sets: a task from files takes its questions from a set of kind "file".',
    ]);
  });

  it('says what is missing', () => {
    expect(problemsOf({ version: 1, name: 'x', seeds: [1], models: [] })).toEqual([
      'models: expected at least one model, got [].',
      'task: is missing.',
      'sets: is missing.',
    ]);
    expect(() => parseExperiment('{', 'my.json')).toThrow(/my\.json is not valid JSON/);
  });

  it('checks that names belong together', () => {
    const broken = {
      ...small,
      models: [{ id: 'm' }, { id: 'm' }],
      sets: [
        { id: 'a', kind: 'written', writer: 'nobody' },
        { id: 'c', kind: 'minimum-change', model: 'm' },
        { id: 'best', kind: 'most-familiar', model: 'n', from: ['a', 'late'] },
        { id: 'late', kind: 'file', path: 'x.jsonl' },
      ],
      arms: [{ model: 'm', set: 'z' }],
      task: { kind: 'world', families: ['compare-total', 'nothing'] },
      learningRates: [1e-3, 3e-3],
      checkpoint: 'best-loss',
      roles: { human: 'a', teacher: 'nobody' },
      crossOver: { modelA: 'm', setA: 'a', modelB: 'm', setB: 'a' },
    };
    const problems = problemsOf(broken).join('\n');
    for (const part of [
      'models: "m" stands there twice',
      'sets.0: there is no writer "nobody"; known are a, b, terse',
      'sets.1: the model m needs a "dialect"',
      'sets.2.model: there is no model "n"',
      'sets.2: the set "late" must stand before "best"',
      'sets.3: a set from a file needs a task from files',
      'arms.0.set: there is no set "z"',
      'setA and setB are the same set',
      'modelA and modelB are the same model',
      'no arm trains m on a',
      'task.families: the micro-world has no family "nothing"',
      'learningRates: choosing one needs validation questions',
      'checkpoint: "best-loss" needs validation questions',
      'roles.teacher: there is no set "nobody"',
    ]) {
      expect(problems).toContain(part);
    }
  });
});

describe('plan', () => {
  it('lists base models, sets, familiarity and runs in order', () => {
    const stages = planExperiment(presetExperiment('quick')).map(({ id }) => id);
    expect(stages).toEqual([
      'base.idiolect-a',
      'base.idiolect-b',
      'set.dialect-a',
      'set.dialect-b',
      'familiarity.idiolect-a.dialect-a',
      'familiarity.idiolect-a.dialect-b',
      'run.idiolect-a.dialect-a.seed-1',
      'run.idiolect-a.dialect-a.seed-2',
      'run.idiolect-a.dialect-b.seed-1',
      'run.idiolect-a.dialect-b.seed-2',
      'familiarity.idiolect-b.dialect-a',
      'familiarity.idiolect-b.dialect-b',
      'run.idiolect-b.dialect-a.seed-1',
      'run.idiolect-b.dialect-a.seed-2',
      'run.idiolect-b.dialect-b.seed-1',
      'run.idiolect-b.dialect-b.seed-2',
    ]);
  });

  it('keeps to the arms that are named', () => {
    const experiment = readExperiment(
      { ...small, arms: [{ model: 'm', set: 'a' }], seeds: [3, 1] },
      'my.json',
    );
    const runs = planExperiment(experiment).filter(({ kind }) => kind === 'run');
    expect(runs.map(({ id }) => id)).toEqual(['run.m.a.seed-3', 'run.m.a.seed-1']);
  });
});
