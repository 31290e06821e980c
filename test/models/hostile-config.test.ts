/** config.json written to do harm: refused by name, fast, and before anything is allocated. */
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { loadModel } from '../../models/load.ts';
import { IdiolectError, ModelFileError, UnsupportedModelError } from '../../src/errors.ts';
import { startEngine } from '../support/engines.ts';
import { openFixtureModel } from '../support/fixtures.ts';

const options = { precision: 'as-stored', trainable: false, maxTensorBytes: Infinity } as const;

beforeAll(() => startEngine('cpu'));

async function refused(variant: string, change: Record<string, unknown>): Promise<IdiolectError> {
  const opened = await openFixtureModel(variant);
  const before = memory().numTensors;
  const start = performance.now();
  const error = await loadModel(
    { ...opened, config: { ...(opened.config as object), ...change } },
    options,
  ).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(performance.now() - start).toBeLessThan(2000);
  expect(memory().numTensors).toBe(before);
  expect(error).toBeInstanceOf(ModelFileError);
  return error as IdiolectError;
}

it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'refuses the model_type %s, which every object has',
  async (name) => {
    expect(await refused('llama', { model_type: name })).toBeInstanceOf(UnsupportedModelError);
  },
);

it.each([
  ['llama', { num_hidden_layers: 1e7 }, 'num_hidden_layers: expected at most 10000, got 10000000'],
  ['llama', { num_hidden_layers: 10_000 }, 'model.layers.2.self_attn.q_proj.weight'],
  ['llama', { num_hidden_layers: '2' }, 'got "2"'],
  ['llama', { vocab_size: 1e9 }, 'model.embed_tokens.weight: expected shape [1000000000,'],
  ['llama', { head_dim: 0 }, 'head_dim: expected a positive whole number, got 0'],
  ['llama', { hidden_size: 1e15 }, 'hidden_size: expected at most'],
  ['llama', { hidden_act: 'toString' }, 'hidden_act: "toString" is not supported'],
  ['llama', { rope_theta: 0 }, 'rope_theta: expected a number above 1, got 0'],
  ['llama', { rope_theta: -1 }, 'rope_theta'],
  ['llama', { rope_theta: Infinity }, 'rope_theta'],
  ['llama', { rms_norm_eps: -1 }, 'rms_norm_eps: expected a number from 0, got -1'],
  ['llama', { rope_scaling: { rope_type: 'constructor' } }, 'rope type "constructor"'],
  ['llama', { rope_scaling: { rope_type: 'linear', factor: 0 } }, 'factor'],
  ['gpt_neox', { hidden_size: 1e9 }, 'expected shape'],
  ['gpt_neox', { hidden_size: 1e6 }, 'expected shape'],
  ['gpt_neox', { rotary_pct: 0 }, 'rotary_pct'],
  ['gpt_neo', { attention_types: [[['global'], 1e9]] }, '1,000,000,000 layers'],
  ['gpt_neo', { attention_layers: Array<string>(1e6).fill('nowhere') }, 'and'],
])('refuses %s with %j', async (variant, change, words) => {
  const { message } = await refused(variant, change);
  expect(message).toContain(words);
  expect(message.length).toBeLessThan(50_000);
});
