/**
 * The whole with a real model on the CPU engine: two steps of training on a handful of questions,
 * twice and once interrupted, give the same numbers to the last bit.
 */
import { fileURLToPath } from 'node:url';
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startWasmEngine } from '../../src/engine/wasm/engine.ts';
import { StoppedError } from '../../src/errors.ts';
import type { EvaluatedModel, TrainedModel } from '../../src/experiment/run/backend.ts';
import type { StageResult } from '../../src/experiment/run/results.ts';
import { readExperiment } from '../../src/experiment/spec/schema.ts';
import { worldTask } from '../../src/experiment/run/task.ts';
import { registerOps } from '../../src/ops/register.ts';
import { experimentBackend } from '../../src/workflows/experiment/experiment-backend.ts';
import { openModel } from '../../src/workflows/open/open-model.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import { allDone } from '../experiment/all-done.ts';
import { memoryResults } from '../experiment/fake-backend.ts';
import { quietHost } from '../support/training.ts';

const experiment = readExperiment(
  {
    version: 1,
    name: 'tiny',
    models: [{ id: 'idiolect-a', dialect: 'a' }],
    task: {
      ...{ kind: 'world', trainQuestions: 4, testQuestions: 3 },
      ...{ retentionQuestions: 2, textQuestions: 2 },
    },
    sets: [
      { id: 'b', kind: 'written', writer: 'b' },
      { id: 'change', kind: 'minimum-change', model: 'idiolect-a' },
      { id: 'right', kind: 'own-correct', model: 'idiolect-a', samples: 2, otherwise: 'b' },
    ],
    arms: [{ model: 'idiolect-a', set: 'b' }],
    seeds: [1, 2],
    training: { steps: 2, batchSize: 2, learningRate: 0.01, warmup: 0, schedule: 'constant' },
    evaluation: { maxNewTokens: 24 },
  },
  'test',
);

const openEmbedded = async ({ id }: { id: string }) =>
  openModel(
    await nodeModelFiles(fileURLToPath(new URL(`../../public/models/${id}`, import.meta.url))),
    {
      precision: 'as-stored',
      trainable: false,
      maxTensorBytes: 2e9,
      report: () => Promise.resolve(),
    },
  );

/** Every stage without the times it took. */
async function numbers(store = memoryResults(), stopAfter = Infinity) {
  let steps = 0;
  const backend = backendFor(() => steps >= stopAfter);
  if (experiment.task.kind !== 'world') throw new Error('A task of the micro-world was asked for.');
  const done = await allDone({
    experiment,
    task: worldTask(experiment, experiment.task),
    files: new Map(),
    backend,
    store,
    report: ({ step }) => {
      if (step) steps++;
      return Promise.resolve();
    },
  });
  return done.map(({ result }) => ({ ...result, seconds: 0 }) as unknown as StageResult);
}

function backendFor(stopRequested: () => boolean) {
  return experimentBackend(quietHost({ stopRequested }), {
    memoryLimitBytes: 2e9,
    prompt: { useChatTemplate: true, plainTemplate: '{question}\n' },
    openModel: openEmbedded,
  });
}

describe('an experiment on the CPU engine', () => {
  beforeAll(async () => {
    await startWasmEngine({ threads: 1 });
    registerOps('wasm');
  });

  it('is the same twice, and after a stop in the middle, and leaves nothing behind', async () => {
    const before = memory().numTensors;
    const once = await numbers();
    expect(memory().numTensors).toBe(before);
    const store = memoryResults();
    // Reports at step 0, 1 and 2 of the first seed; the second is stopped within.
    await expect(numbers(store, 5)).rejects.toThrow(StoppedError);
    expect(memory().numTensors).toBe(before);
    expect([...store.texts.keys()].filter((id) => id.startsWith('run.'))).toHaveLength(1);
    expect(await numbers(store)).toEqual(once);
    // A seed is a seed: the two runs differ.
    const [first, second] = once.filter((result) => result.kind === 'run');
    expect(first!.curve).not.toEqual(second!.curve);
  });

  it('measures an ending as the rest of the whole', async () => {
    const model = await backendFor(() => false).openModel({ id: 'idiolect-a' });
    const question =
      'Zoe has 7 apples. Rob has 8 more apples than Zoe. How many apples does Rob have?';
    const [beginning, ending] = ['Zoe has 7 apples. Rob has 7 + 8 = 15. Answer:', ' 15'];
    const report = () => Promise.resolve();
    const measured = async (response: string) => {
      const set = { id: 's', name: 's', rows: [{ id: 'r', question, response }] };
      return (await model.measure(set, report))[0]!;
    };
    const whole = await measured(beginning + ending);
    const first = await measured(beginning);
    const endings = [
      { prompt: { question }, beginning, ending },
      { prompt: { question }, beginning: '', ending: beginning },
    ];
    const [rest, all] = await model.measureEndings(endings, report);
    expect(rest).toBeCloseTo((whole.nllSum - first.nllSum) / (whole.tokens - first.tokens), 4);
    expect(all).toBeCloseTo(first.nllSum / first.tokens, 5);
    const wrong = await model.measureEndings(
      [{ prompt: { question }, beginning, ending: ' 29' }],
      report,
    );
    expect(wrong[0]!).toBeGreaterThan(rest! + 1);
    model.close();
  });

  it('puts back the weights of the step that was to be kept', async () => {
    const model = await backendFor(() => false).openModel({ id: 'idiolect-a' });
    const rows = ['Rob has 8 apples.', 'Zoe has 15 apples.'].map((response, i) => ({
      id: String(i),
      question: `How many apples, ${i}?`,
      response,
    }));
    const set = { id: 's', name: 's', rows };
    const quiet = () => Promise.resolve();
    const before = memory().numTensors;
    const trained = (steps: number, keptStep?: number) =>
      model.train(
        {
          set,
          validation: undefined,
          training: { ...experiment.training, steps, evaluateEvery: 1, seed: 5 },
          lora: experiment.lora,
          ...(keptStep !== undefined && {
            keeps: (_: unknown, { step }: { step: number }) => Promise.resolve(step === keptStep),
          }),
        },
        quiet,
      );
    const [one, three, kept] = [await trained(1), await trained(3), await trained(3, 1)];
    const nll = async (evaluated: EvaluatedModel) =>
      (await evaluated.measure(set, quiet)).map(({ nllSum }) => nllSum);
    expect(await nll(kept)).toEqual(await nll(one));
    expect(await nll(three)).not.toEqual(await nll(one));
    const moved = async (tuned: TrainedModel) =>
      (await tuned.divergence(set, quiet)).reduce((sum, { klSum }) => sum + klSum, 0);
    expect(await moved(three)).toBeGreaterThan(await moved(one));
    for (const tuned of [one, three, kept]) tuned.dispose();
    expect(memory().numTensors).toBe(before);
    model.close();
  });

  it('reads text on its own without a chat around it', async () => {
    const model = await backendFor(() => false).openModel({ id: 'idiolect-a' });
    const response = 'Rob has 7 + 8 = 15 apples.';
    const measured = async (question: string) => {
      const set = { id: 't', name: 't', rows: [{ id: 'r', question, response }] };
      return (await model.measure(set, () => Promise.resolve()))[0]!;
    };
    const [bare, spaced] = [await measured(''), await measured(' ')];
    expect(bare.nllSum).toBeGreaterThan(0);
    expect(bare.nllSum).not.toBe(spaced.nllSum);
    model.close();
  });
});
