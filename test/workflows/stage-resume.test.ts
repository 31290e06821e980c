/**
 * A stage that is killed goes on where it was: after every write of what it has done so far, a new
 * start from that very content gives the same numbers as a stage that nothing interrupted.
 */
import { fileURLToPath } from 'node:url';
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startWasmEngine } from '../../src/engine/wasm/engine.ts';
import { StorageError } from '../../src/errors.ts';
import type { StageResult, ResultStore, StageLogState } from '../../src/experiment/run/results.ts';
import { readExperiment } from '../../src/experiment/spec/schema.ts';
import { worldTask } from '../../src/experiment/run/task.ts';
import type { Notice } from '../../src/notices.ts';
import { registerOps } from '../../src/ops/register.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import { experimentBackend } from '../../src/workflows/experiment/experiment-backend.ts';
import { decodeStage, encodeStage } from '../../src/workflows/experiment/stage-state.ts';
import { openModel } from '../../src/workflows/open/open-model.ts';
import { allDone } from '../experiment/all-done.ts';
import { memoryResults } from '../experiment/fake-backend.ts';
import { quietHost } from '../support/training.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const experiment = readExperiment(
  {
    version: 1,
    name: 'tiny',
    models: [{ id: 'idiolect-a', dialect: 'a' }],
    task: {
      ...{ kind: 'world', trainQuestions: 4, testQuestions: 3, validationQuestions: 2 },
      ...{ retentionQuestions: 1, textQuestions: 1 },
    },
    sets: [{ id: 'b', kind: 'written', writer: 'b' }],
    arms: [{ model: 'idiolect-a', set: 'b' }],
    seeds: [1],
    learningRates: [0.01, 0.03],
    checkpoint: 'best-accuracy',
    training: {
      ...{ steps: 4, evaluateEvery: 2, logEvery: 1, batchSize: 2, warmup: 0 },
      schedule: 'constant',
    },
    evaluation: { maxNewTokens: 6, batchSize: 2 },
  },
  'test',
);

interface Killing {
  /** What the stages before have left, and this one. */
  results?: ReturnType<typeof memoryResults>;
  underWay?: { id: string; file: Bytes } | undefined;
  /** Hears of each content as it is kept. */
  kept?: (id: string, file: Bytes) => void;
  refuse?: boolean;
}

/** Each look at the clock is half a minute later: everything that may be kept is kept. */
async function carryOut({ results = memoryResults(), underWay, kept, refuse = false }: Killing) {
  let clock = 0;
  let file = underWay?.file;
  const notices: Notice[] = [];
  const store: ResultStore = {
    ...results,
    underWay: {
      read: (id) => Promise.resolve(file && decodeStage(id, file)),
      write: async (id, state: StageLogState) => {
        if (refuse) throw new StorageError('The disk is full.');
        file = await encodeStage(id, state);
        kept?.(id, file);
      },
      clear: () => Promise.resolve(void (file = undefined)),
    },
  };
  let steps = 0;
  if (experiment.task.kind !== 'world') throw new Error('A task of the micro-world was asked for.');
  const host = quietHost({ now: () => (clock += 31_000) });
  const done = await allDone({
    experiment,
    task: worldTask(experiment, experiment.task),
    files: new Map(),
    backend: experimentBackend(host, {
      memoryLimitBytes: 2e9,
      prompt: { useChatTemplate: true, plainTemplate: '{question}\n' },
      openModel: async ({ id }) =>
        openModel(
          await nodeModelFiles(
            fileURLToPath(new URL(`../../public/models/${id}`, import.meta.url)),
          ),
          {
            ...{ precision: 'as-stored', trainable: false, maxTensorBytes: 2e9 },
            report: () => Promise.resolve(),
          },
        ),
    }),
    store,
    notice: (one) => notices.push(one),
    report: ({ step }) => {
      if (step) steps++;
      return Promise.resolve();
    },
  });
  const numbers = done.map(({ result }) => ({ ...result, seconds: 0 }) as unknown as StageResult);
  return { numbers: JSON.stringify(numbers), notices, steps, left: file };
}

describe('a stage that is killed', () => {
  beforeAll(async () => {
    await startWasmEngine({ threads: 1 });
    registerOps('wasm');
  });

  it('goes on from every point at which it was kept, with the same numbers', async () => {
    const before = memory().numTensors;
    const results = memoryResults();
    const points: { id: string; file: Bytes; stages: Map<string, string> }[] = [];
    const whole = await carryOut({
      results,
      kept: (id, file) => points.push({ id, file, stages: new Map(results.texts) }),
    });
    expect(whole.left).toBeUndefined();
    expect(whole.steps).toBe(10);
    expect(new Set(points.map(({ id }) => id.split('.')[0]))).toEqual(
      new Set(['base', 'familiarity', 'run']),
    );
    const fewer: number[] = [];
    // All of the training, and every third of what is asked of the base model alone.
    const tried = points.filter(({ id }, i) => id.startsWith('run.') || i % 3 === 0);
    for (const { stages, ...underWay } of tried) {
      const earlier = memoryResults();
      for (const [id, text] of stages) earlier.texts.set(id, text);
      const again = await carryOut({ results: earlier, underWay });
      expect(again.numbers).toBe(whole.numbers);
      expect(again.notices).toEqual([]);
      fewer.push(again.steps);
    }
    // Towards the end nothing is trained again.
    expect(fewer.at(-1)).toBe(0);
    expect(new Set(fewer).size).toBeGreaterThan(4);
    expect(points.length).toBeGreaterThan(20);
    expect(memory().numTensors).toBe(before);
  }, 240_000);

  it('begins anew, and says so, when what was kept of it is damaged', async () => {
    let last: { id: string; file: Bytes } | undefined;
    const whole = await carryOut({ kept: (id, file) => (last = { id, file }) });
    const file = last!.file.slice();
    file[file.length - 1]! ^= 1;
    const again = await carryOut({ underWay: { id: last!.id, file } });
    expect(again.numbers).toBe(whole.numbers);
    expect(again.notices[0]!.text).toMatch(
      /begins anew.*cannot be read: its checksum does not fit/,
    );
  });

  it('is finished where nothing can be kept of it, and that is said once a stage', async () => {
    const { numbers, notices } = await carryOut({ refuse: true });
    expect(numbers).toBe((await carryOut({})).numbers);
    expect(notices).toHaveLength(3);
    expect(notices[0]!.text).toMatch(/cannot be kept.*The disk is full/);
  });
});
