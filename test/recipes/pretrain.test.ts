/** Pre-training from nothing, in small: the corpus is trained whole, the loss falls, the same seed gives the same bits. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { newModelFiles } from '../../src/recipes/new-model.ts';
import { pretrainingJob, pretrainingSettings } from '../../src/recipes/pretraining.ts';
import { trainingSettings } from '../../src/recipes/settings.ts';
import { startWasmEngine } from '../../src/engine/wasm/engine.ts';
import { registerOps } from '../../src/ops/register.ts';
import { openModel } from '../../src/workflows/open/open-model.ts';
import { train } from '../../src/train/train.ts';
import type { StepReport } from '../../src/metrics/step-report.ts';
import { quietHost } from '../support/training.ts';

const STEPS = 12;
/** The one that the recipe learns, as the test of the embedded files proves. */
const tokenizer = JSON.parse(
  readFileSync('public/models/idiolect-a/tokenizer.json', 'utf8'),
) as object;

beforeAll(async () => {
  await startWasmEngine({ threads: 1 });
  registerOps('wasm');
  return () => setBackend('cpu');
});

const host = quietHost({ now: () => 0 });

async function pretrain(seed: number) {
  const opened = await openModel(newModelFiles('new', seed, tokenizer), {
    precision: 'f32',
    trainable: true,
    maxTensorBytes: Infinity,
  });
  const settings = {
    ...pretrainingSettings(seed, STEPS),
    batchSize: 4,
    accumulation: 1,
    warmup: 0,
    logEvery: 1,
  };
  const job = pretrainingJob(opened, 'a', settings);
  const short = { ...job, validation: job.validation.slice(0, 8) };
  const reports: StepReport[] = [];
  const run = train(short, host);
  for (let next = await run.next(); !next.done; next = await run.next()) reports.push(next.value);
  const weights = (await opened.model.state()).get('model.layers.0.mlp.up_proj.weight')!.values;
  opened.model.dispose();
  return { job, reports, weights };
}

describe('pre-training', () => {
  it('trains every token but the first, the question with little weight, each example once', async () => {
    const { job } = await pretrain(1);
    expect(job.examples.length).toBe(STEPS * 4);
    for (const { tokens, promptLength, weights } of job.examples) {
      expect(promptLength).toBe(0);
      const answered = [...weights!].indexOf(1);
      expect(answered).toBeGreaterThan(1);
      expect([...weights!].slice(0, answered)).toEqual(
        Array<number>(answered).fill(Math.fround(trainingSettings.questionWeight)),
      );
      expect([...weights!].slice(answered)).toEqual(
        Array<number>(tokens.length - answered).fill(1),
      );
    }
  });

  it('starts at the loss of a guess and learns; the same seed gives the same bits', async () => {
    const [first, again, other] = [await pretrain(1), await pretrain(1), await pretrain(2)];
    const start = first.reports[0]!.validationLoss!;
    expect(start).toBeCloseTo(Math.log(1024), 0);
    expect(first.reports.at(-1)!.validationLoss).toBeLessThan(start - 0.5);
    expect(again.weights).toEqual(first.weights);
    expect(other.weights).not.toEqual(first.weights);
  });
});
