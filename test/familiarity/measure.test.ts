/** One quantity everywhere: perplexity, validation loss and training loss, however batches are cut. */
import { tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Example } from '../../src/batches/example.ts';
import { orderStart } from '../../src/batches/training-order.ts';
import { trainingStep } from '../../src/batches/training-step.ts';
import { averagePerplexity } from '../../src/familiarity/aggregate.ts';
import type { RowFamiliarity } from '../../src/familiarity/config.ts';
import { measure } from '../../src/familiarity/measure.ts';
import { createRandom } from '../../src/random.ts';
import { addGradients, batchGradients, disposeGradients } from '../../src/train/loss.ts';
import { train } from '../../src/train/train.ts';
import { errorToLargest } from '../models/parity.ts';
import { startEngine } from '../support/engines.ts';
import { MAX_LENGTH, tinyExamples, tinyModel, tinyRun } from '../support/tiny-training.ts';
import { quietHost } from '../support/training.ts';

let model: LanguageModel;
beforeAll(async () => {
  await startEngine('wasm');
  model = await tinyModel();
  return () => model.dispose();
});

async function measured(examples: readonly Example[], maxTokens = 2048, padId = 0) {
  const facts = examples.map(({ rowIndex }) => ({
    rowId: `row ${rowIndex}`,
    responseBytes: 10,
    boundaryMerged: false,
  }));
  const numbered = examples.map((example, rowIndex) => ({ ...example, rowIndex }));
  const rows = new Map<string, RowFamiliarity>();
  const options = { padId, maxLength: MAX_LENGTH, maxTokens, forward: {} };
  for await (const batch of measure(model, numbered, facts, options)) {
    for (const row of batch) rows.set(row.rowId, row);
  }
  return rows;
}

describe('perplexity', () => {
  const examples = tinyExamples(30, 5, 60);

  it.each([
    ['one answer at a time', 1, 0, false],
    ['a few at a time', 130, 0, false],
    ['another token in the padding', 2048, 77, false],
    ['the other order', 2048, 0, true],
  ])('is the same with %s', async (_, maxTokens, padId, reversed) => {
    const expected = await measured(examples);
    const rows = await measured(reversed ? [...examples].reverse() : examples, maxTokens, padId);
    expect(rows.size).toBe(30);
    for (const [id, row] of rows) {
      const { perplexity, eos } = expected.get(id)!;
      expect(Math.abs(row.perplexity - perplexity) / perplexity).toBeLessThan(1e-5);
      expect(Math.abs(row.eos! - eos!)).toBeLessThan(1e-5 * eos!);
    }
  });

  it('of a whole set, ends counted, is exp of the held-out loss before training', async () => {
    const { job, adapter } = tinyRun(model, { steps: 1 }, {}, { validation: examples });
    const run = train(job, quietHost());
    const first = (await run.next()).value as { step: number; validationLoss: number };
    expect(first.step).toBe(0);
    const rows = [...(await measured(examples)).values()];
    const perplexity = averagePerplexity(rows, 'token-weighted', 'include');
    expect(Math.abs(Math.exp(first.validationLoss) - perplexity) / perplexity).toBeLessThan(1e-5);
    const without = averagePerplexity(rows, 'token-weighted');
    expect(Math.abs(without - perplexity)).toBeGreaterThan(1e-3);
    while (!(await run.next()).done);
    adapter.dispose();
  });

  it('training and held-out loss are the same quantity', async () => {
    const data = { examples, validation: examples };
    const { job, adapter } = tinyRun(model, { steps: 1, batchSize: 30 }, {}, data);
    const losses: number[] = [];
    for await (const report of train(job, quietHost())) {
      losses.push(report.step === 0 ? report.validationLoss! : report.loss);
    }
    // The first training loss is measured before the first change.
    expect(Math.abs(losses[1]! - losses[0]!) / losses[0]!).toBeLessThan(1e-6);
    adapter.dispose();
  });
});

describe('gradients of a step', () => {
  const examples = tinyExamples(8, 5, 60);

  async function stepGradients(microBatchSize: number, accumulation: number, maxTokens = 4096) {
    const { adapter } = tinyRun(model, {}, { rank: 4 });
    // B starts at zero, and so would every gradient of A.
    const random = createRandom(1);
    const variables = adapter.variables.map(({ variable }) => variable);
    for (const variable of variables) {
      const values = Float32Array.from({ length: variable.size }, () => 0.1 * random.normal());
      const next = tensor(values, variable.shape);
      variable.assign(next);
      next.dispose();
    }
    const options = { microBatchSize, accumulation, maxTokens, maxLength: MAX_LENGTH, padId: 0 };
    const step = trainingStep(examples, createRandom(0), orderStart, options);
    const sum = step.microBatches
      .map((batch) => batchGradients(model, batch, variables, step.weight, { adapter }))
      .reduce(addGradients);
    const flat = await sum.gradient.data();
    disposeGradients(sum);
    let end = 0;
    const values = variables.map(({ size }) => flat.subarray(end, (end += size)));
    adapter.dispose();
    return values;
  }

  it.each([
    [2, 4, 4096],
    [1, 8, 4096],
    [8, 1, 128],
  ])('are the same for batches of %i, %i times, at most %i tokens', async (size, times, tokens) => {
    const whole = await stepGradients(8, 1);
    const parts = await stepGradients(size, times, tokens);
    parts.forEach((part, i) => expect(errorToLargest(part, whole[i]!)).toBeLessThan(1e-5));
  });
});
