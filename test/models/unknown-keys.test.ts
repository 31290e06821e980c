/** Keys of a model's files that nobody knows are named, whatever the family; the usual ones are not. */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../models/load.ts';
import { ModelFileError } from '../../src/errors.ts';
import { bytesSource, textSource } from '../../src/storage/byte-source.ts';
import { readSafetensors } from '../../src/storage/safetensors.ts';
import { readShardIndex } from '../../src/storage/sharded-safetensors.ts';
import { startEngine } from '../support/engines.ts';
import { openFixtureModel } from '../support/fixtures.ts';

beforeAll(() => startEngine('wasm'));

async function noticesUnder(variant: string, change: object) {
  const opened = await openFixtureModel(variant);
  const config = { ...(opened.config as object), ...change };
  const model = await loadModel(
    { ...opened, config },
    { precision: 'f32', trainable: false, maxTensorBytes: Infinity },
  );
  model.dispose();
  return model.notices;
}

const families = ['llama', 'mistral', 'qwen2', 'qwen3', 'gpt2', 'gpt_neox', 'gpt_neo'];

describe.each(families)('config.json of %s', (variant) => {
  it('names a key that nobody knows, and one inside the rotary settings', async () => {
    const usual = (await noticesUnder(variant, {})).flatMap(({ places }) => places);
    const places = (await noticesUnder(variant, { no_such_key: 1, nothing: null })).flatMap(
      ({ places: each }) => each,
    );
    expect(places.filter((place) => !usual.includes(place))).toEqual(['config.json: no_such_key']);
    if (variant.startsWith('gpt2') || variant === 'gpt_neo') return;
    const rotary = { rope_scaling: { rope_type: 'linear', factor: 2, no_such_key: 1 } };
    const named = (await noticesUnder(variant, rotary)).flatMap(({ places: each }) => each);
    expect(named).toContain('config.json: rope_scaling.no_such_key');
  });

  it('refuses quantized weights by name', async () => {
    const attempt = noticesUnder(variant, { quantization_config: { quant_method: 'awq' } });
    await expect(attempt).rejects.toThrow(ModelFileError);
    await expect(attempt).rejects.toThrow('quantization_config');
  });
});

describe('safetensors', () => {
  function fileWith(header: object) {
    const json = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + json.length + 4);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    return bytesSource('w.safetensors', bytes);
  }
  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };

  it('names a key of an entry that the format does not have', async () => {
    const { notices } = await readSafetensors(fileWith({ a: { ...entry, no_such_key: 1 } }));
    expect(notices.flatMap(({ places }) => places)).toEqual(['w.safetensors: a.no_such_key']);
  });

  it('names a writer that may lay tensors out otherwise, and takes other notes as free text', async () => {
    const written = (metadata: object) =>
      readSafetensors(fileWith({ __metadata__: metadata, a: entry })).then((file) => file.notices);
    expect(await written({ format: 'pt', made_by: 'someone' })).toEqual([]);
    expect((await written({ format: 'flax' }))[0]!.text).toContain('"flax"');
  });

  it('names a key of the index of the shards', async () => {
    const index = { metadata: {}, weight_map: { a: 'b.safetensors' }, no_such_key: 1 };
    const { notices } = await readShardIndex(textSource('index.json', JSON.stringify(index)));
    expect(notices.flatMap(({ places }) => places)).toEqual(['index.json: no_such_key']);
  });
});
