import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { textSource } from '../../src/storage/byte-source.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import { isSafeShardName, readShardedSafetensors } from '../../src/storage/sharded-safetensors.ts';

const mistral = await nodeModelFiles(
  fileURLToPath(new URL('../fixtures/models/mistral', import.meta.url)),
);
const index = mistral.files.get('model.safetensors.index.json')!;

describe('sharded checkpoints', () => {
  it('opens as one file', async () => {
    const { tensors, metadata } = await readShardedSafetensors(index, mistral.files);
    expect(metadata).toEqual({ format: 'pt' });
    expect(tensors.has('model.embed_tokens.weight')).toBe(true);
    const bytes = await tensors.get('model.norm.weight')!.read();
    expect(bytes.length).toBeGreaterThan(0);
  });

  it('lists missing parts', async () => {
    await expect(readShardedSafetensors(index, new Map())).rejects.toThrow(
      /model-00001-of-00002\.safetensors is not there[\s\S]*model-00002/,
    );
  });

  it('lists tensors that are not where the index says', async () => {
    const first = [...mistral.files.keys()].find((name) => name.includes('00001'))!;
    const wrong = textSource(
      'index.json',
      JSON.stringify({ weight_map: { nothing: first, nowhere: first } }),
    );
    await expect(readShardedSafetensors(wrong, mistral.files)).rejects.toThrow(
      /"nothing" is not in[\s\S]*"nowhere" is not in/,
    );
  });

  it.each([
    '../a.safetensors',
    '/a.safetensors',
    'a/b.safetensors',
    '%2e%2e/a.safetensors',
    'a..b.safetensors',
    'a.bin',
    '.safetensors',
    'a\\b.safetensors',
    'https://x/a.safetensors',
  ])('refuses the shard name %s', async (name) => {
    expect(isSafeShardName(name)).toBe(false);
    const hostile = textSource('index.json', JSON.stringify({ weight_map: { a: name } }));
    await expect(readShardedSafetensors(hostile, mistral.files)).rejects.toThrow(ModelFileError);
  });
});
