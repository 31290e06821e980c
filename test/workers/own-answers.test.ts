/** Measuring in style by the page's calls gives the numbers of an experiment on the same model. */
import { beforeAll, expect, it } from 'vitest';
import { inStyle } from '../../src/evaluate/own-style.ts';
import type { StageResult } from '../../src/experiment/run/results.ts';
import { runExperiment } from '../../src/experiment/run/run.ts';
import { readExperiment } from '../../src/experiment/spec/schema.ts';
import { worldTask } from '../../src/experiment/run/task.ts';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import { experimentBackend } from '../../src/workflows/experiment/experiment-backend.ts';
import { openModel } from '../../src/workflows/open/open-model.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import { TrainerService } from '../../workers/trainer-service.ts';
import { openEmbedded } from '../support/open-embedded.ts';
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
    task: { kind: 'world', trainQuestions: 32, testQuestions: 1, retentionQuestions: 1 },
    sets: [
      { id: 'a', kind: 'written', writer: 'a' },
      { id: 'b', kind: 'written', writer: 'b' },
    ],
    seeds: [1],
    familiarity: { styleExamples: 1 },
  },
  'test',
);

beforeAll(() => openEmbedded(trainer, MODEL));

/** The experiment's pieces up to the familiarity, by their ids. */
async function asAnExperiment(): Promise<Map<string, StageResult>> {
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
  const results = new Map<string, StageResult>();
  for await (const end of runExperiment(job)) {
    if (!('result' in end)) throw new Error(`${end.stage.id} gave nothing.`);
    const { result } = end;
    results.set(result.id, result);
    // What follows is training.
    if (result.kind === 'familiarity' && result.set === 'b') break;
  }
  return results;
}

it('gives the same perplexity in style as an experiment', async () => {
  const results = await asAnExperiment();
  const sets = ['a', 'b'].map((id) => {
    const { set } = results.get(`set.${id}`) as Extract<StageResult, { kind: 'set' }>;
    return set;
  });
  const reports: [number, number][] = [];
  const answers = await trainer.ownAnswers(
    { rows: sets[0]!.rows, wanted: 2, prompt },
    (right, done) => Promise.resolve(void reports.push([right, done])),
  );
  expect(reports.at(-1)).toEqual([answers.filter(({ right }) => right).length, answers.length]);
  const styled = sets.map((set) => inStyle(set, answers, 1)!);
  expect(styled[0]!.rows[0]!.question).toMatch(/^Question: [^]+\nAnswer: [^]+\n\nQuestion: /);
  const measured = await trainer.measure(
    { sets: styled, prompt, familiarity: defaultsOf(familiarityFields) },
    quiet,
  );
  const sums = Object.fromEntries(
    measured.map(({ setId, rows }) => [setId, rows.map(({ rowId, nllSum }) => [rowId, nllSum])]),
  );
  const expected = [...results.values()].flatMap((result) =>
    result.kind === 'familiarity'
      ? [[result.set, result.styled!.map(({ rowId, nllSum }) => [rowId, nllSum])] as const]
      : [],
  );
  expect(sums).toEqual(Object.fromEntries(expected));
});

it('asks no question whose right answer is unknown, and none when enough are known', async () => {
  const unknown = { id: 'x', question: 'Who are you?', response: 'Me.' };
  expect(await trainer.ownAnswers({ rows: [unknown], wanted: 1, prompt }, quiet)).toEqual([]);
  const rows = Array.from({ length: 40 }, (_, i) => ({ ...unknown, id: `${i}`, gold: '3' }));
  const answers = await trainer.ownAnswers({ rows, wanted: 0, prompt }, quiet);
  expect(answers).toEqual([]);
});
