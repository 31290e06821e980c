/** The training loop as a whole, on both engines of Node: learning, repeating, going on, stopping. */
import { memory, tensor } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../models/language-model.ts';
import { buildExamples } from '../../src/batches/example.ts';
import { DataError, TrainingDivergedError } from '../../src/errors.ts';
import { defaultsOf } from '../../src/fields.ts';
import { samplingFields } from '../../src/generate/config.ts';
import { generate } from '../../src/generate/generate.ts';
import type { StepReport } from '../../src/metrics/step-report.ts';
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/train/checkpoint-file.ts';
import { train, type TrainingJob } from '../../src/train/train.ts';
import { nodeEngines, startEngine } from '../support/engines.ts';
import { END, tinyExamples, tinyModel, tinyRun } from '../support/tiny-training.ts';
import { quietHost, type KeepingHost } from '../support/training.ts';

/** Everything a run tells that does not depend on the clock. */
type Facts = Pick<
  StepReport,
  'step' | 'epoch' | 'loss' | 'validationLoss' | 'gradientNorm' | 'learningRate' | 'tokensSeen'
>;
const factsOf = (report: StepReport): Facts => {
  const { step, epoch, loss, validationLoss, gradientNorm, learningRate, tokensSeen } = report;
  return {
    ...{ step, epoch, loss, gradientNorm, learningRate, tokensSeen },
    ...(validationLoss !== undefined && { validationLoss }),
  };
};

async function runAll(job: TrainingJob, host: KeepingHost, from?: Checkpoint) {
  const run = train(job, host, { checkpoints: host, resumeFrom: from });
  const reports: Facts[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { reports, result: next.value };
    reports.push(factsOf(next.value));
  }
}

const valuesOf = async ({ parameters }: TrainingJob) =>
  Promise.all(parameters.map(async ({ variable }) => Array.from(await variable.data())));

const throughFile = async (checkpoint: Checkpoint) =>
  decodeCheckpoint('checkpoint.safetensors', await encodeCheckpoint(checkpoint));

/** Plain JavaScript is some thirty times slower, so it repeats what must be exact and no more. */
const repetitions = {
  cpu: { steps: 6, stops: [3], leakSteps: 10 },
  wasm: { steps: 14, stops: [7, 5, 1, 13], leakSteps: 200 },
};

describe.each(nodeEngines)('training on %s', (engine) => {
  const { steps, stops, leakSteps } = repetitions[engine];
  let model: LanguageModel;
  let before: number;
  beforeAll(() => startEngine(engine));
  beforeEach(async () => {
    before = memory().numTensors;
    model = await tinyModel();
  });
  afterEach(() => {
    model.dispose();
    expect(memory().numTensors, 'tensors left behind').toBe(before);
  });

  it('gives the same bits for the same seed, and others for another', async () => {
    const outcomes = [];
    for (const seed of [3, 3, 4]) {
      const { job, adapter } = tinyRun(
        model,
        { seed, steps: 8, batchSize: 2, evaluateEvery: 4 },
        { dropout: 0.2 },
      );
      const { reports } = await runAll(job, quietHost());
      outcomes.push({ reports, values: await valuesOf(job) });
      adapter.dispose();
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]!.values).not.toEqual(outcomes[0]!.values);
  });

  // 9 examples, 4 a step: epochs end in the middle of the runs.
  const settings = { steps, batchSize: 2, accumulation: 2, evaluateEvery: 5, logEvery: 3 };
  const lora = { dropout: 0.1 };

  it.each(stops)('stopped after %i steps goes on to the same bits', async (stopAt) => {
    const whole = tinyRun(model, settings, lora);
    const unbroken = await runAll(whole.job, quietHost());
    expect(unbroken.result.progress.cursor.epoch).toBeGreaterThan(0);

    const first = tinyRun(model, settings, lora);
    let step = 0;
    const host = quietHost({
      breathe: () => Promise.resolve(void (host.stop = step++ === stopAt)),
    });
    const begun = await runAll(first.job, host);
    expect(begun.result).toMatchObject({ outcome: 'stopped', progress: { step: stopAt } });

    const second = tinyRun(model, settings, lora);
    const ended = await runAll(
      second.job,
      quietHost(),
      await throughFile(host.checkpoints.at(-1)!),
    );
    expect(ended.result.outcome).toBe('finished');
    expect([...begun.reports, ...ended.reports]).toEqual(unbroken.reports);
    expect(await valuesOf(second.job)).toEqual(await valuesOf(whole.job));
    const elapsedSeconds = expect.any(Number) as number;
    expect(ended.result.progress).toEqual({ ...unbroken.result.progress, elapsedSeconds });
    for (const { adapter } of [whole, first, second]) adapter.dispose();
  });

  it(`holds no more tensors or bytes after ${leakSteps} steps of mixed lengths`, async () => {
    const examples = tinyExamples(40, 9, 60);
    const settings = { steps: leakSteps, batchSize: 2, evaluateEvery: 50 };
    const { job, adapter } = tinyRun(model, settings, { dropout: 0.1 }, { examples });
    const seen: { numTensors: number; numBytes: number }[] = [];
    const host = quietHost({
      breathe: () => {
        const { numTensors, numBytes } = memory();
        seen.push({ numTensors, numBytes });
        return Promise.resolve();
      },
    });
    await runAll(job, host);
    expect(seen).toHaveLength(leakSteps);
    expect(new Set(seen.map(({ numTensors }) => numTensors)).size).toBe(1);
    expect(new Set(seen.map(({ numBytes }) => numBytes)).size).toBe(1);
    adapter.dispose();
  });

  if (engine === 'cpu') return;

  // The frozen head of this checkpoint bounds the logits, and so how sure LoRA can become.
  it.each([
    ['LoRA', 0.6],
    ['full fine-tuning', 0.01],
  ] as const)('learns one sentence by heart and says it: %s', async (method, bound) => {
    const sentence = [5, 17, 42, 9, 63, 28, 80, 3, 51];
    const eos = { append: 'if-missing', id: END } as const;
    const pairs = [{ tokens: sentence, promptLength: 2 }];
    const { examples } = buildExamples(pairs, { maxLength: 64, eos });
    const llama = await tinyModel('llama', method !== 'LoRA');
    const settings = { steps: 120, batchSize: 1, learningRate: 2e-2, evaluateEvery: 120 };
    const { job, adapter } = tinyRun(llama, settings, { rank: 8 }, { examples, validation: [] });
    if (method !== 'LoRA') {
      delete job.adapter;
      job.parameters = llama.parameters;
    }
    const shared = {
      model: llama,
      prompts: [sentence.slice(0, 2)],
      sampling: { ...defaultsOf(samplingFields), greedy: true, maxNewTokens: 20 },
      endIds: [END],
      stopRequested: () => false,
    };
    const [untrained] = await generate(shared);
    const { reports } = await runAll(job, quietHost());
    expect(reports.at(1)!.loss).toBeGreaterThan(3);
    expect(reports.at(-1)!.loss).toBeLessThan(bound);
    const [learned] = await generate({ ...shared, adapter: job.adapter });
    expect(learned).toEqual({ tokens: sentence.slice(2), stopped: 'end' });
    expect(untrained!.tokens).not.toEqual(learned!.tokens);
    adapter.dispose();
    llama.dispose();
  });

  it('goes on from any checkpoint it saved to the same bits', async () => {
    const whole = tinyRun(model, settings, lora);
    const host = quietHost({ everySeconds: -1 });
    const unbroken = await runAll(whole.job, host);
    const values = await valuesOf(whole.job);
    whole.adapter.dispose();
    const kept = host.checkpoints.map(({ progress }) => progress.step);
    expect(kept).toEqual([...Array(15).keys()]);
    for (const checkpoint of [0, 3, 10, 14].map((step) => host.checkpoints[step]!)) {
      const { job, adapter } = tinyRun(model, settings, lora);
      const { reports } = await runAll(job, quietHost(), await throughFile(checkpoint));
      expect(await valuesOf(job)).toEqual(values);
      // Rows up to the checkpoint are kept by whoever wrote them; the rest comes again, once.
      const { step } = checkpoint.progress;
      expect(reports).toEqual(unbroken.reports.filter((report) => report.step > step));
      adapter.dispose();
    }
  });

  it('leaves out no held-out loss when stopped while measuring it', async () => {
    const whole = tinyRun(model, settings);
    const unbroken = await runAll(whole.job, quietHost());
    const first = tinyRun(model, settings);
    let checks = 0;
    // Asked before each step and before each held-out batch: 1 + 5 + 1 for step 0 and up to step 5.
    const host = quietHost({ stopRequested: () => ++checks === 7 });
    const begun = await runAll(first.job, host);
    expect(begun.result).toMatchObject({ outcome: 'stopped', progress: { step: 5 } });
    expect(begun.reports.map(({ step }) => step)).toEqual([0, 3]);
    const second = tinyRun(model, settings);
    const ended = await runAll(
      second.job,
      quietHost(),
      await throughFile(host.checkpoints.at(-1)!),
    );
    expect([...begun.reports, ...ended.reports]).toEqual(unbroken.reports);
    for (const { adapter } of [whole, first, second]) adapter.dispose();
  });

  it('refuses to go on with anything changed, and lists all of it', async () => {
    const { job, adapter } = tinyRun(model, { steps: 2 });
    const host = quietHost();
    await runAll(job, host);
    const changed = { ...job.facts, learningRate: 0.5, seed: 1, answers: 'others' };
    const attempt = runAll({ ...job, facts: changed }, quietHost(), host.checkpoints.at(-1));
    await expect(attempt).rejects.toThrow(DataError);
    await expect(attempt).rejects.toMatchObject({
      problems: [
        'learningRate: 0.001 in the checkpoint, 0.5 now.',
        'seed: 42 in the checkpoint, 1 now.',
        'answers: nothing in the checkpoint, others now.',
      ],
    });
    const wider = tinyRun(model, { steps: 2 }, { rank: 8 });
    const misfit = runAll({ ...wider.job, facts: job.facts }, quietHost(), host.checkpoints[0]);
    await expect(misfit).rejects.toThrow(/\[\d+, \d+\] in the checkpoint, \[\d+, \d+\] now/);
    adapter.dispose();
    wider.adapter.dispose();
  });

  it('stops at a loss that is no number, and puts the last good weights back', async () => {
    const { job, adapter } = tinyRun(model, { steps: 20, batchSize: 4, evaluateEvery: 3 });
    let step = 0;
    const host = quietHost({
      breathe: () => {
        if (step++ === 8) spoil(job);
        return Promise.resolve();
      },
    });
    const attempt = runAll(job, host);
    await expect(attempt).rejects.toThrow(TrainingDivergedError);
    // 9 examples, 4 a step: step 9 is the last, third batch of the third epoch.
    await expect(attempt).rejects.toMatchObject({ step: 9, batch: 3 });
    await expect(attempt).rejects.toThrow(/step 9, batch 3 of epoch 3: the loss became NaN/);
    const last = host.checkpoints.at(-1)!;
    expect(last.progress.step).toBe(6);
    expect(await valuesOf(job)).toEqual(
      [...last.parameters.values()].map(({ values }) => Array.from(values)),
    );
    adapter.dispose();
  });

  it.each([0, 5])('never keeps weights that are not finite (%i held-out rows)', async (count) => {
    const validation = count > 0 ? tinyExamples(count, 8) : [];
    const settings = { steps: 6, learningRate: 3e38, maxGradientNorm: 0, warmup: 0 } as const;
    const { job, adapter } = tinyRun(
      model,
      { ...settings, evaluateEvery: 1, schedule: 'constant' },
      {},
      { validation },
    );
    const host = quietHost();
    await expect(runAll(job, host)).rejects.toThrow(TrainingDivergedError);
    for (const { parameters, moments } of host.checkpoints) {
      for (const { values } of parameters.values())
        expect(values.every(Number.isFinite)).toBe(true);
      for (const values of moments.values()) {
        expect(values.every((moment) => moment.every(Number.isFinite))).toBe(true);
      }
    }
    // Only the untrained weights were ever known to be good.
    expect(host.checkpoints.map(({ progress }) => progress.step)).toEqual([0]);
    for (const values of await valuesOf(job)) expect(values.every(Number.isFinite)).toBe(true);
    adapter.dispose();
  });
});

it('goes on on another engine to nearly the same numbers', async () => {
  const settings = { steps: 6, batchSize: 3, evaluateEvery: 2 };
  await startEngine('wasm');
  const onWasm = await tinyModel();
  const whole = tinyRun(onWasm, settings);
  const host = quietHost({ everySeconds: -1 });
  const unbroken = await runAll({ ...whole.job, facts: { engine: 'wasm' } }, host);
  onWasm.dispose();
  await startEngine('cpu');
  const onCpu = await tinyModel();
  const { job } = tinyRun(onCpu, settings);
  const resumed = { ...job, facts: { engine: 'cpu' } };
  const { reports } = await runAll(resumed, quietHost(), await throughFile(host.checkpoints[3]!));
  const expected = unbroken.reports.filter(({ step }) => step > 3);
  expect(reports.map(({ step }) => step)).toEqual(expected.map(({ step }) => step));
  reports.forEach(({ loss }, i) => expect(loss).toBeCloseTo(expected[i]!.loss, 4));
  onCpu.dispose();
});

/** Makes the first trained value NaN. */
function spoil({ parameters }: TrainingJob): void {
  const { variable } = parameters[0]!;
  const broken = tensor(new Float32Array(variable.size).fill(NaN), variable.shape);
  variable.assign(broken);
  broken.dispose();
}
