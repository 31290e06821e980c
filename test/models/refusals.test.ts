/** Models that cannot be opened: every reason at once, in words that name file, place and expectation. */
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { loadModel, supportedModelTypes } from '../../models/load.ts';
import { ModelFileError, UnsupportedModelError } from '../../src/errors.ts';
import type { ModelContents } from '../../src/storage/model-files.ts';
import type { NamedTensor } from '../../src/storage/tensor-file.ts';
import { startEngine } from '../support/engines.ts';
import { openFixtureModel } from '../support/fixtures.ts';

const options = { precision: 'as-stored', trainable: false, maxTensorBytes: Infinity } as const;

beforeAll(() => startEngine('cpu'));

async function changed(
  change: (tensors: Map<string, NamedTensor>) => void,
): Promise<ModelContents> {
  const opened = await openFixtureModel('llama');
  const tensors = new Map(opened.tensors.tensors);
  change(tensors);
  return { ...opened, tensors: { ...opened.tensors, tensors } };
}

const configured = async (config: Record<string, unknown>): Promise<ModelContents> => {
  const opened = await openFixtureModel('llama');
  return { ...opened, config: { ...(opened.config as object), ...config } };
};

it('lists wrong shapes and missing tensors at once, and leaves nothing allocated', async () => {
  const before = memory().numTensors;
  const opened = await changed((tensors) => {
    for (const name of [
      'model.layers.0.mlp.up_proj.weight',
      'model.layers.1.mlp.down_proj.weight',
    ]) {
      const stored = tensors.get(name)!;
      tensors.set(name, { ...stored, shape: [...stored.shape].reverse() });
    }
    tensors.delete('model.norm.weight');
  });
  const attempt = loadModel(opened, options);
  await expect(attempt).rejects.toThrow(ModelFileError);
  await expect(attempt).rejects.toMatchObject({
    problems: [
      expect.stringMatching(
        /^model\.layers\.0\.mlp\.up_proj\.weight: expected shape \[\d+, \d+\] by config\.json, found \[\d+, \d+\]\.$/,
      ),
      expect.stringMatching(/^model\.layers\.1\.mlp\.down_proj\.weight: expected shape/),
      expect.stringMatching(/^model\.norm\.weight \[\d+\] is missing\.$/),
    ],
  });
  expect(memory().numTensors).toBe(before);
});

it('frees what it had loaded when a tensor cannot be read', async () => {
  const before = memory().numTensors;
  const opened = await changed((tensors) => {
    const stored = tensors.get('model.norm.weight')!;
    const read = () => Promise.reject(new ModelFileError('model.safetensors is truncated.'));
    tensors.set('model.norm.weight', { ...stored, read });
  });
  await expect(loadModel(opened, options)).rejects.toThrow(/truncated/);
  expect(memory().numTensors).toBe(before);
});

it.each([
  [{ model_type: 'mamba' }, 'mamba'],
  [{ model_type: undefined }, 'undefined'],
])('refuses an architecture it does not know and lists those it does: %o', async (config, word) => {
  const attempt = configured(config).then((opened) => loadModel(opened, options));
  await expect(attempt).rejects.toThrow(UnsupportedModelError);
  await expect(attempt).rejects.toThrow(word);
  for (const type of supportedModelTypes) await expect(attempt).rejects.toThrow(type);
});

it('refuses a rope type it does not know and lists those it does', async () => {
  const config = { rope_scaling: { rope_type: 'longrope', factor: 4 }, rope_parameters: undefined };
  const attempt = configured(config).then((opened) => loadModel(opened, options));
  await expect(attempt).rejects.toThrow(UnsupportedModelError);
  await expect(attempt).rejects.toThrow(/longrope[^]*llama3/);
});
