/** What weights may hold: other prefixes, other number formats, a head of their own, values that are not finite. */
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../models/load.ts';
import { ModelFileError } from '../../src/errors.ts';
import { bytesSource } from '../../src/storage/byte-source.ts';
import { float32ToBfloat16, float32ToFloat16 } from '../../src/storage/half.ts';
import type { ModelContents } from '../../src/storage/model-files.ts';
import { readSafetensors } from '../../src/storage/safetensors.ts';
import { readFloat32, type NamedTensor, type TensorDtype } from '../../src/storage/tensor-file.ts';
import { startEngine } from '../support/engines.ts';
import { openFixtureModel } from '../support/fixtures.ts';

const options = { precision: 'as-stored', trainable: false, maxTensorBytes: Infinity } as const;

beforeAll(() => startEngine('wasm'));

async function opened(
  variant: string,
  change: (tensors: Map<string, NamedTensor>) => void | Promise<void>,
  config: object = {},
): Promise<ModelContents> {
  const model = await openFixtureModel(variant);
  const tensors = new Map(model.tensors.tensors);
  await change(tensors);
  return {
    ...model,
    config: { ...(model.config as object), ...config },
    tensors: { ...model.tensors, tensors },
  };
}

const stored = (
  name: string,
  shape: readonly number[],
  dtype: TensorDtype,
  data: ArrayBufferView,
) => ({
  name,
  shape,
  dtype,
  read: () => Promise.resolve(new Uint8Array(data.buffer as ArrayBuffer)),
});

describe('prefixes', () => {
  it.each([
    ['llama', 'model.'],
    ['gpt_neox', 'gpt_neox.'],
    ['gpt_neo', 'transformer.'],
    ['gpt2', 'transformer.'],
  ])('%s opens with and without "%s"', async (variant, prefix) => {
    const states = await Promise.all(
      [true, false].map(async (prefixed) => {
        const model = await loadModel(
          await opened(variant, (tensors) => {
            for (const [name, tensor] of [...tensors]) {
              const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
              const isHead = /^(lm_head|embed_out)/.test(bare);
              const next = prefixed && !isHead ? prefix + bare : bare;
              tensors.delete(name);
              tensors.set(next, { ...tensor, name: next });
            }
          }),
          options,
        );
        const state = await model.state();
        expect(JSON.stringify(model.notices)).not.toContain('no place');
        model.dispose();
        return [...state];
      }),
    );
    expect(states[0]).toEqual(states[1]);
  });
});

describe('the head of a tied model', () => {
  const headFrom = (add: number) => async (tensors: Map<string, NamedTensor>) => {
    const embedding = tensors.get('model.embed_tokens.weight')!;
    const values = (await readFloat32(embedding)).map((value) => value + add);
    tensors.set('lm_head.weight', stored('lm_head.weight', embedding.shape, 'F32', values));
  };

  it('is the embedding when the file repeats it', async () => {
    const model = await loadModel(await opened('llama', headFrom(0)), options);
    expect(model.notices).toEqual([]);
    expect([...(await model.state()).keys()]).not.toContain('lm_head.weight');
    model.dispose();
  });

  it('is that of the file when they differ, and is saved with a full fine-tuning', async () => {
    const model = await loadModel(await opened('llama', headFrom(1)), options);
    expect(JSON.stringify(model.notices)).toContain('lm_head.weight');
    expect([...(await model.state()).keys()]).toContain('lm_head.weight');
    model.dispose();
  });

  it('stands for the embedding when the file holds nothing else', async () => {
    const plain = await loadModel(await openFixtureModel('llama'), options);
    const model = await loadModel(
      await opened('llama', (tensors) => {
        const embedding = tensors.get('model.embed_tokens.weight')!;
        tensors.delete(embedding.name);
        tensors.set('lm_head.weight', { ...embedding, name: 'lm_head.weight' });
      }),
      options,
    );
    expect([...(await model.state())]).toEqual([...(await plain.state())]);
    model.dispose();
    plain.dispose();
  });
});

describe('number formats', () => {
  it('reads F64 as the nearest F32, and says so', async () => {
    const numbers = Float64Array.of(0.1, -2, 1e-300, 1 / 3);
    const header = JSON.stringify({ a: { dtype: 'F64', shape: [2, 2], data_offsets: [0, 32] } });
    const bytes = new Uint8Array(8 + header.length + 32);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    bytes.set(new Uint8Array(numbers.buffer), 8 + header.length);
    const file = await readSafetensors(bytesSource('x.safetensors', bytes));
    expect(await readFloat32(file.tensors.get('a')!)).toEqual(Float32Array.from(numbers));
    expect(file.notices).toMatchObject([{ kind: 'info', places: ['a'] }]);
  });
});

describe('values that are not finite', () => {
  const broken: [TensorDtype, (values: Float32Array) => ArrayBufferView][] = [
    ['F32', (values) => values],
    ['F16', float32ToFloat16],
    ['BF16', float32ToBfloat16],
  ];
  it.each(broken)('are named with tensor, count and place: %s', async (dtype, narrow) => {
    const before = memory().numTensors;
    const attempt = opened('llama', async (tensors) => {
      for (const [name, at, value] of [
        ['model.layers.1.mlp.up_proj.weight', [37, 40], Number.POSITIVE_INFINITY],
        ['model.norm.weight', [3], Number.NaN],
      ] as const) {
        const tensor = tensors.get(name)!;
        const values = (await readFloat32(tensor)).slice();
        for (const i of at) values[i] = value;
        tensors.set(name, stored(name, tensor.shape, dtype, narrow(values)));
      }
    }).then((model) => loadModel(model, options));
    await expect(attempt).rejects.toThrow(ModelFileError);
    await expect(attempt).rejects.toMatchObject({
      problems: [
        'model.layers.1.mlp.up_proj.weight: 2 values are not finite; the first, Infinity, stands at [2, 5].',
        'model.norm.weight: one value is not finite; the first, NaN, stands at [3].',
      ],
    });
    expect(memory().numTensors).toBe(before);
  });

  it('leaves the largest finite values alone', async () => {
    const model = await loadModel(
      await opened('llama', (tensors) => {
        const { name, shape } = tensors.get('model.norm.weight')!;
        const values = new Float32Array(shape[0]!).fill(65_504);
        tensors.set(name, stored(name, shape, 'F16', float32ToFloat16(values)));
      }),
      options,
    );
    model.dispose();
  });
});
