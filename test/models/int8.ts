/**
 * A model held in int8 against the same model with those weights as float32: losses and LoRA
 * gradients must be equal but for the order of sums. Returns errors; the tests judge them.
 */
import { tensor, tidy } from '@tensorflow/tfjs-core';
import { loadModel } from '../../models/load.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Precision } from '../../models/precision.ts';
import { tokenLosses } from '../../src/forward/token-losses.ts';
import { createAdapter } from '../../src/lora/adapter.ts';
import { createRandom } from '../../src/random.ts';
import type { ModelContents } from '../../src/storage/model-files.ts';
import type { NamedTensor } from '../../src/storage/tensor-file.ts';
import { batchGradients, disposeGradients } from '../../src/train/loss.ts';
import { wholeBatch } from '../support/shaped-model.ts';
import { relativeError } from '../ops/run-case.ts';

const load = (opened: ModelContents, precision: Precision) =>
  loadModel(opened, { precision, trainable: false, maxTensorBytes: Number.POSITIVE_INFINITY });

export interface Int8Errors {
  format: string;
  /** Largest difference ÷ largest value. */
  losses: number;
  gradients: number;
  /** The same between int8 and the weights as stored: what rounding does. */
  rounding: number;
}

export async function int8Errors(opened: ModelContents): Promise<Int8Errors> {
  const held = await load(opened, 'int8');
  const widened = await load(await withStateOf(held, opened), 'f32');
  const [quantized, same] = [await numbersOf(held), await numbersOf(widened)];
  const stored = await load(opened, 'as-stored');
  const before = await numbersOf(stored);
  const { format } = held;
  for (const model of [held, widened, stored]) model.dispose();
  return {
    format,
    losses: relativeError(quantized.losses, same.losses),
    gradients: relativeError(quantized.gradient, same.gradient),
    rounding: relativeError(quantized.losses, before.losses),
  };
}

/** The checkpoint with the weights as the model has them. */
async function withStateOf(model: LanguageModel, opened: ModelContents): Promise<ModelContents> {
  const tensors = new Map<string, NamedTensor>();
  for (const [name, { shape, values }] of await model.state()) {
    const bytes = new Uint8Array(values.slice().buffer);
    tensors.set(name, { name, shape, dtype: 'F32', read: () => Promise.resolve(bytes) });
  }
  return { ...opened, tensors: { ...opened.tensors, tensors } };
}

async function numbersOf(model: LanguageModel) {
  const random = createRandom(4);
  const batch = wholeBatch(11, 2);
  const { vocabSize } = model.shape;
  for (let i = 0; i < batch.tokens.length; i++) batch.tokens[i] = random.integer(vocabSize);
  for (let i = 0; i < batch.targets.length; i++) batch.targets[i] = random.integer(vocabSize);
  const settings = {
    rank: 3,
    alpha: 6,
    dropout: 0,
    targets: 'all-linear',
    rankStabilized: false,
  } as const;
  const adapter = createAdapter(model, settings, random.fork('adapter'));
  // B starts as zero, and then A would have no gradient.
  for (const { variable } of adapter.variables) {
    const drawn = Float32Array.from({ length: variable.size }, () => 0.05 * random.normal());
    tidy(() => variable.assign(tensor(drawn, variable.shape)));
  }
  const { nll, correct } = tidy(() => tokenLosses(model, batch, { adapter }, false));
  const variables = adapter.variables.map(({ variable }) => variable);
  const result = batchGradients(model, batch, variables, batch.targets.length, { adapter });
  const losses = Float32Array.from(await nll.data());
  const gradient = Float32Array.from(await result.gradient.data());
  nll.dispose();
  correct.dispose();
  disposeGradients(result);
  adapter.dispose();
  return { losses, gradient };
}
