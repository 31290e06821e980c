/** A whole small experiment with fake backend, and the reports of its beginnings. */
import {
  makeReport,
  type ExperimentReport,
  type Environment,
} from '../../src/experiment/report/report.ts';
import type { StageResult } from '../../src/experiment/run/results.ts';
import { readExperiment, type ExperimentInput } from '../../src/experiment/spec/schema.ts';
import { worldTask, type Task } from '../../src/experiment/run/task.ts';
import { allDone } from './all-done.ts';
import { fakeBackend, memoryResults, type FakeOptions } from './fake-backend.ts';

export const exampleEnvironment: Environment = {
  idiolect: '0',
  tensorflow_js: '0',
  platform: 'test',
  engine: { name: 'none', device: '<b>none</b>', threads: 1, features: [] },
  prompt: { useChatTemplate: true, plainTemplate: '{question}' },
  files: { 'm/config.json': 'abc' },
  fingerprint: 'f',
};

export const exampleInput: ExperimentInput = {
  version: 1,
  name: 'tiny',
  description: 'A & B <script>alert(1)</script>',
  models: [
    { id: 'ma', dialect: 'a' },
    { id: 'mb', dialect: 'b' },
  ],
  task: { kind: 'world', trainQuestions: 5, testQuestions: 30, retentionQuestions: 10 },
  sets: ['a', 'b', 'terse'].map((writer) => ({ id: writer, kind: 'written', writer })),
  seeds: [1, 2],
  crossOver: { modelA: 'ma', setA: 'a', modelB: 'mb', setB: 'b' },
};

export interface Example {
  task: Task;
  results: StageResult[];
  report: ExperimentReport;
  /** Of the first so many stages. */
  partial: (stages: number) => ExperimentReport;
}

/** Each model knows its own set and learns from it, if not told otherwise. */
export async function exampleReport(
  changes: Partial<ExperimentInput> = {},
  options: Partial<FakeOptions> = {},
): Promise<Example> {
  const experiment = readExperiment({ ...exampleInput, ...changes }, 'test');
  if (experiment.task.kind !== 'world') throw new Error('A task of the micro-world was asked for.');
  const task = worldTask(experiment, experiment.task);
  const { backend } = fakeBackend({
    golds: new Map([...task.train, ...task.test, ...task.retention].map((q) => [q.text, q.gold])),
    skill: (model, set) => (set !== undefined && model.endsWith(set) ? 0.9 : 0.3),
    nll: (model, set) => (model.endsWith(set) ? 0.5 : 1),
    ...options,
  });
  const done = await allDone({
    experiment,
    task,
    files: new Map(),
    backend,
    store: memoryResults(),
    report: () => Promise.resolve(),
  });
  const results = done.map(({ result }) => result);
  const partial = (stages: number) =>
    makeReport(experiment, task, results.slice(0, stages), exampleEnvironment);
  return { task, results, report: partial(results.length), partial };
}
