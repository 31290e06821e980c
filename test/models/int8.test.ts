/** Models in int8: exact on every engine, and about as good as the weights they were made from. */
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../models/load.ts';
import type { Precision } from '../../models/precision.ts';
import { embeddedPath } from '../../src/cli/open-model.ts';
import { readResponseFiles } from '../../src/cli/read-responses.ts';
import { startWasmEngine } from '../../src/engine/wasm/engine.ts';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import { registerOps } from '../../src/ops/register.ts';
import { measureSets } from '../../src/workflows/measure/measure-sets.ts';
import { openModel } from '../../src/workflows/open/open-model.ts';
import { readModelFiles } from '../../src/storage/model-files.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import { DEFAULT_PLAIN_TEMPLATE } from '../../src/tokenizer/prompt-format.ts';
import { openFixtureModel } from '../support/fixtures.ts';
import { shapedModel, SMOLLM2_135M, type LlamaShape } from '../support/shaped-model.ts';
import { int8Errors } from './int8.ts';
import { quietHost } from '../support/training.ts';

const MODEL = 'idiolect-a';
const options = { trainable: false, maxTensorBytes: Number.POSITIVE_INFINITY } as const;

describe.each(['cpu', 'wasm'])('%s engine', (engine) => {
  beforeAll(async () => {
    if (engine === 'wasm') {
      await startWasmEngine({ threads: 2 });
      registerOps('wasm');
    } else {
      await setBackend('cpu');
      registerOps('cpu');
    }
  });

  it('computes with int8 what it computes with the same weights in float32', async () => {
    const before = memory().numTensors;
    const errors = await int8Errors(
      await readModelFiles(await nodeModelFiles(embeddedPath(MODEL))),
    );
    console.log('int8', engine, JSON.stringify(errors));
    expect(errors.format).toBe('int8');
    expect(errors.losses).toBeLessThan(1e-5);
    expect(errors.gradients).toBeLessThan(1e-5);
    // Were nothing rounded, nothing would have been tested.
    expect(errors.rounding).toBeGreaterThan(1e-4);
    expect(errors.rounding).toBeLessThan(0.1);
    expect(memory().numTensors).toBe(before);
  });
});

async function perplexityOf(precision: Precision): Promise<number> {
  const opened = await openModel(await nodeModelFiles(embeddedPath(MODEL)), {
    ...options,
    precision,
  });
  const file = join(embeddedPath('..'), 'data/b.jsonl');
  const [measured] = await measureSets(
    opened,
    {
      sets: await readResponseFiles([file], 40),
      prompt: { useChatTemplate: true, plainTemplate: DEFAULT_PLAIN_TEMPLATE },
      familiarity: defaultsOf(familiarityFields),
    },
    quietHost(),
    () => Promise.resolve(),
  );
  opened.model.dispose();
  const sumOf = (name: 'nllSum' | 'responseTokens') =>
    measured!.rows.reduce((sum, row) => sum + row[name], 0);
  expect(sumOf('responseTokens')).toBeGreaterThan(1000);
  return Math.exp(sumOf('nllSum') / sumOf('responseTokens'));
}

it('finds answers of another dialect as surprising as with the weights as stored, to 2 %', async () => {
  const [stored, eight] = [await perplexityOf('as-stored'), await perplexityOf('int8')];
  console.log(`perplexity as stored ${stored.toFixed(4)}, int8 ${eight.toFixed(4)}`);
  expect(eight).not.toBe(stored);
  expect(Math.abs(eight / stored - 1)).toBeLessThan(0.02);
});

/** All widths are multiples of 64: 8.5 bits a weight, and norms in float32. */
function int8Bytes({ layers, width, inner, heads, kvHeads, vocabSize }: LlamaShape): number {
  const attention = 2 * width * (width + (kvHeads / heads) * width);
  const matrices = layers * (attention + 3 * width * inner) + vocabSize * width;
  return (8.5 / 8) * matrices + 4 * width * (2 * layers + 1);
}

it('holds SmolLM2-135M in at most 145 MB', async () => {
  expect(int8Bytes(SMOLLM2_135M)).toBeLessThan(145e6);
  // That the bytes are so is seen on fewer layers and tokens.
  const shape = { ...SMOLLM2_135M, layers: 2, vocabSize: 100 };
  await setBackend('cpu');
  const before = memory().numBytes;
  const model = await shapedModel(shape, { precision: 'int8' });
  expect(model.format).toBe('int8');
  expect(model.weightBytes).toBe(int8Bytes(shape));
  const rope = 4 * model.shape.contextLength * model.shape.headDim;
  expect(memory().numBytes - before).toBe(model.weightBytes + rope);
  model.dispose();
});

it('leaves matrices with short rows as they are stored, and says so', async () => {
  await setBackend('cpu');
  const model = await loadModel(await openFixtureModel('llama'), { ...options, precision: 'int8' });
  expect(model.format).toBe('f32');
  expect(model.notices.map(({ text }) => text)).toEqual([
    '9 matrices have rows too short for int8 (16, 24 columns) and stay as stored.',
  ]);
  model.dispose();
});

it('widens everything for full fine-tuning, without a word', async () => {
  await setBackend('cpu');
  const model = await loadModel(await openFixtureModel('llama'), {
    ...options,
    precision: 'int8',
    trainable: true,
  });
  expect(model.format).toBe('f32');
  expect(model.notices).toEqual([]);
  model.dispose();
});
