/** An experiment through the worker's calls: stopped, gone on with, and the numbers of the command. */
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it, vi } from 'vitest';
import { StoppedError } from '../../src/errors.ts';
import { planExperiment } from '../../src/experiment/spec/plan.ts';
import type { StageResult } from '../../src/experiment/run/results.ts';
import { readExperiment } from '../../src/experiment/spec/schema.ts';
import { worldTask } from '../../src/experiment/run/task.ts';
import { readRecord } from '../../src/exchange/familiarity-record/read.ts';
import { experimentBackend } from '../../src/workflows/experiment/experiment-backend.ts';
import { openModel } from '../../src/workflows/open/open-model.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import type { ExperimentRequest, ModelSource, NamedBytes } from '../../workers/protocol.ts';
import { TrainerService } from '../../workers/trainer-service.ts';
import { allDone } from '../experiment/all-done.ts';
import { memoryResults } from '../experiment/fake-backend.ts';
import { quietHost } from '../support/training.ts';

const MODEL = 'idiolect-a';
const trainer = new TrainerService();
const quiet = () => Promise.resolve();
const prompt = { useChatTemplate: true, plainTemplate: '{question}\n' };
const experiment = readExperiment(
  {
    version: 1,
    name: 'tiny',
    models: [{ id: MODEL, dialect: 'a' }],
    task: {
      ...{ kind: 'world', trainQuestions: 4, testQuestions: 3 },
      ...{ retentionQuestions: 2, textQuestions: 2 },
    },
    sets: [
      { id: 'b', kind: 'written', writer: 'b' },
      { id: 'change', kind: 'minimum-change', model: MODEL },
    ],
    seeds: [1, 2],
    training: { steps: 2, batchSize: 2, learningRate: 0.01, warmup: 0, schedule: 'constant' },
    evaluation: { maxNewTokens: 24 },
  },
  'test',
);
let source: ModelSource;
const request = (id: string): ExperimentRequest => ({
  ...{ id, experiment, prompt },
  sources: { [MODEL]: source },
  files: {},
});

beforeAll(async () => {
  vi.stubGlobal('navigator', { userAgent: 'test' });
  await trainer.startEngine('wasm');
  const names = [
    'config.json',
    'generation_config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'model.safetensors',
  ];
  const files = await Promise.all(
    names.map(async (path) => ({
      path,
      file: new File([await readFile(`public/models/${MODEL}/${path}`)], path, { lastModified: 1 }),
    })),
  );
  source = { kind: 'files', name: MODEL, files };
  await trainer.openModel(source, 'as-stored', quiet);
});

const textOf = ({ bytes }: NamedBytes) => new TextDecoder().decode(bytes);

/** Without the times it took. */
const numbers = (results: readonly StageResult[]) =>
  results.map((result) => ({ ...result, seconds: 0 }));

async function asTheCommand(): Promise<StageResult[]> {
  if (experiment.task.kind !== 'world') throw new Error('A task of the micro-world was asked for.');
  const backend = experimentBackend(quietHost(), {
    memoryLimitBytes: 2e9,
    prompt,
    openModel: async () =>
      openModel(await nodeModelFiles(`public/models/${MODEL}`), {
        precision: 'as-stored',
        trainable: false,
        maxTensorBytes: 2e9,
        report: quiet,
      }),
  });
  const task = worldTask(experiment, experiment.task);
  const job = {
    experiment,
    task,
    files: new Map(),
    backend,
    store: memoryResults(),
    report: quiet,
  };
  return (await allDone(job)).map(({ result }) => result);
}

it('gives the numbers of the command, also in another order and after a stop', async () => {
  const plan = planExperiment(experiment).map(({ id }) => id);
  const runs = plan.filter((id) => id.startsWith('run.'));
  await trainer.openExperiment(request('one'), quiet);
  for (const id of plan.filter((stage) => !stage.startsWith('run.'))) {
    await trainer.settleStage(id, quiet);
  }
  const stopped = trainer.settleStage(runs[3]!, async ({ step }) => {
    if (step) await trainer.stop();
  });
  await expect(stopped).rejects.toThrow(StoppedError);
  for (const id of runs.toReversed().slice(0, 2)) await trainer.settleStage(id, quiet);

  // As after a reload: what is kept is found, what is not is done.
  await trainer.closeExperiment();
  const { done, sizes } = await trainer.openExperiment(request('one'), quiet);
  expect(done.map(({ id }) => id)).toEqual(plan.filter((id) => !runs.slice(0, 2).includes(id)));
  expect(sizes).toMatchObject({ train: 4, validation: 0, test: 3, retention: 2, text: 4 });
  for (const id of runs) await trainer.settleStage(id, quiet);

  const result = await trainer.experimentResult('one');
  const expected = await asTheCommand();
  expect(numbers(result!.results)).toEqual(numbers(expected));
  const files = await trainer.experimentFiles('one');
  expect(files.map(({ name }) => name)).toEqual([
    ...['experiment.json', 'report.json', 'report.html'],
    `familiarity-${MODEL}.json`,
  ]);
  expect(readRecord(textOf(files[3]!), 'it').sets.map(({ name }) => name)).toEqual(['b', 'change']);
  const report = JSON.parse(textOf(files[1]!)) as { results: StageResult[] };
  expect(numbers(report.results)).toEqual(numbers(expected));
});

it('finds the last report of an experiment that is no longer open, and leaves the model open', async () => {
  const before = await trainer.experimentResult('one');
  const [record] = (await trainer.experimentFiles('one')).slice(-1);
  await trainer.closeExperiment();
  const after = await trainer.experimentResult('one');
  expect(after!.report).toEqual(before!.report);
  expect((await trainer.experimentFiles('one')).at(-1)).toEqual(record);
  const views = await trainer.viewTokens([{ id: 'r', question: 'q', response: 'a' }], {
    prompt,
    encoding: 'separate',
    lossOn: 'last-assistant',
    maxLength: 64,
  });
  expect(views).toHaveLength(1);
});

it('lists what is kept of it under its name', async () => {
  const { items } = await trainer.storage();
  const [item] = items.filter(({ kind }) => kind === 'experiment');
  expect(item).toMatchObject({ id: 'one', label: 'tiny' });
  expect(item!.bytes).toBeGreaterThan(1000);
});

it('refuses to go on with results of other settings', async () => {
  const other = { ...request('one'), prompt: { ...prompt, useChatTemplate: false } };
  await expect(trainer.openExperiment(other, quiet)).rejects.toThrow(/of another experiment/);
});

it('measures what steps, answers and measurements cost', async () => {
  const { tokens, ...costs } = await trainer.estimateExperiment(request('two'));
  for (const seconds of Object.values(costs)) expect(seconds).toBeGreaterThan(0);
  expect(tokens!.prompt).toBeGreaterThan(tokens!.answer);
});
