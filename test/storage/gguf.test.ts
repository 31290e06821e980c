import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gguf } from '@huggingface/gguf';
import { describe, expect, it } from 'vitest';
import { ModelFileError, UnsupportedModelError } from '../../src/errors.ts';
import { bytesSource } from '../../src/storage/byte-source.ts';
import { readGgufLayout } from '../../src/storage/gguf-layout.ts';
import { openGguf } from '../../src/storage/gguf.ts';
import { huggingFaceName } from '../../src/storage/gguf-weights.ts';
import { float32ToFloat16 } from '../../src/storage/half.ts';
import { readModelFiles } from '../../src/storage/model-files.ts';
import { readFloat32 } from '../../src/storage/tensor-file.ts';

interface Reference {
  tokenizer: string;
  chat_template: string;
  config: Record<string, unknown>;
  types: Record<string, string>;
  tensors: Record<string, { shape: number[]; sha256_float32: string; sha256_float16: string }>;
}

interface TokenizerJson {
  added_tokens: unknown[];
  normalizer: unknown;
  pre_tokenizer: unknown;
  model: { vocab: Record<string, number>; merges: unknown; ignore_merges: boolean };
}

const folder = new URL('../fixtures/gguf/', import.meta.url);
const bytesOf = (name: string) => readFileSync(new URL(`${name}.gguf`, folder));
const jsonOf = (path: string) => JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as unknown;
const sourceOf = (name: string) => bytesSource(`${name}.gguf`, bytesOf(name));
const sha256 = (data: Uint8Array | Uint16Array) =>
  createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex');

const NAMES = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'q8_0-rope-freqs'];

describe.each(NAMES)('the GGUF file %s', (name) => {
  const reference = jsonOf(`${name}.json`) as Reference;

  it('holds the reference tensors under their Hugging Face names', async () => {
    const { tensors } = (await openGguf(sourceOf(name))).tensors;
    expect([...tensors.keys()].sort()).toEqual(Object.keys(reference.tensors).sort());
    for (const [key, expected] of Object.entries(reference.tensors)) {
      const tensor = tensors.get(key)!;
      expect(tensor.shape).toEqual(expected.shape);
      const bytes = await tensor.read();
      if (tensor.dtype === 'F32') expect(sha256(bytes), key).toBe(expected.sha256_float32);
      if (tensor.dtype === 'F16') expect(sha256(bytes), key).toBe(expected.sha256_float16);
      const halves = float32ToFloat16(await readFloat32(tensor));
      expect(sha256(halves), key).toBe(expected.sha256_float16);
    }
  });

  it('keeps norms in float32 and quantized matrices in 16 bits', async () => {
    const { tensors } = (await openGguf(sourceOf(name))).tensors;
    for (const [stored, type] of Object.entries(reference.types)) {
      const key = huggingFaceName(stored);
      if (key === undefined) continue;
      const expected = { F32: 'F32', BF16: 'BF16' }[type] ?? 'F16';
      expect(tensors.get(key)!.dtype, key).toBe(expected);
    }
  });

  it('has the config of the checkpoint', async () => {
    const { config } = await readModelFiles({
      id: name,
      files: new Map([['m.gguf', sourceOf(name)]]),
    });
    expect(config).toMatchObject(reference.config);
    expect(config).toMatchObject({ model_type: 'llama', head_dim: 8, hidden_act: 'silu' });
  });

  it('has the tokenizer the metadata stands for', async () => {
    const { texts } = await openGguf(sourceOf(name));
    const made = JSON.parse(texts.get('tokenizer.json')!) as TokenizerJson;
    const original = jsonOf(`../tokenizers/${reference.tokenizer}/tokenizer.json`) as TokenizerJson;
    const whole = Object.fromEntries(
      (original.added_tokens as { content: string; id: number }[]).map((t) => [t.content, t.id]),
    );
    expect(made.model.vocab).toEqual({ ...original.model.vocab, ...whole });
    expect(made.model.merges).toEqual(original.model.merges);
    expect(made.model.ignore_merges).toBe(original.model.ignore_merges);
    expect(made.added_tokens).toEqual(original.added_tokens);
    expect(made.normalizer).toEqual(original.normalizer);
    expect(made.pre_tokenizer).toEqual(original.pre_tokenizer);
    const config = JSON.parse(texts.get('tokenizer_config.json')!) as Record<string, unknown>;
    expect(config['chat_template']).toBe(reference.chat_template);
    expect(config['add_bos_token']).toBe(reference.tokenizer === 'llama3');
  });

  it('has the layout that the usual reader finds', async () => {
    const bytes = bytesOf(name);
    const served = await gguf('https://example.org/x.gguf', {
      fetch: () => Promise.resolve(new Response(new Uint8Array(bytes))),
    });
    const { metadata, tensors } = await readGgufLayout(sourceOf(name));
    const found = new Map<string, unknown>(Object.entries(served.metadata));
    for (const [key, value] of metadata) expect(found.get(key), key).toEqual(value);
    expect(tensors).toEqual(
      served.tensorInfos.map((info) => ({
        name: info.name,
        shape: [...info.shape].reverse().map(Number),
        type: info.dtype,
        offset: Number(served.tensorDataOffset + info.offset),
      })),
    );
  });
});

describe('refusals', () => {
  it('names every quantization that cannot be read', async () => {
    const { refused } = jsonOf('k_quants.json') as { refused: Record<string, string> };
    const opening = openGguf(sourceOf('k_quants'));
    await expect(opening).rejects.toThrow(UnsupportedModelError);
    for (const [tensor, format] of Object.entries(refused)) {
      await expect(opening).rejects.toThrow(`${format}: ${tensor}`);
    }
  });

  /** The file with one text exchanged for another of the same length. */
  function withText(name: string, from: string, to: string) {
    const bytes = new Uint8Array(bytesOf(name));
    const at = Buffer.from(bytes).indexOf(from);
    expect(at).toBeGreaterThan(0);
    bytes.set(new TextEncoder().encode(to), at);
    return bytesSource('changed.gguf', bytes);
  }

  it.each([
    ['smollm', 'smolln', /pre-tokenizer "smolln" is not known; these are: default, gpt-2, smollm/],
    ['gpt2', 'bert', /tokenizer model "bert" cannot be rebuilt/],
    ['llama.embedding_length', 'llama.embedding_lengtj', /"llama.embedding_length" must be a num/],
    ['blk.0.attn_q.weight', 'blk.0.attn_z.weight', /"blk.0.attn_z.weight" is no tensor/],
    ['blk.0.attn_q.weight', 'blk.0.attn_k.weight', /"blk.0.attn_k.weight" is listed twice/],
  ])('%s → %s', async (from, to, message) => {
    const opening = openGguf(withText('q4_0', from, to));
    await expect(opening).rejects.toThrow(ModelFileError);
    await expect(opening).rejects.toThrow(message);
  });

  it('refuses other families by name', async () => {
    await expect(openGguf(withText('q4_0', 'llama', 'gemma'))).rejects.toThrow(
      /family "gemma" cannot be read/,
    );
  });

  it('says that a file is truncated, wherever it was cut', async () => {
    const whole = bytesOf('q4_1');
    for (const length of [0, 3, 20, 1000, 9000, whole.length - 1]) {
      const opening = openGguf(bytesSource('cut.gguf', whole.subarray(0, length)));
      await expect(opening, `${length} bytes`).rejects.toThrow(ModelFileError);
    }
    const opening = openGguf(bytesSource('cut.gguf', whole.subarray(0, whole.length - 1)));
    await expect(opening).rejects.toThrow(/truncated/);
  });

  it('refuses counts and lengths that no file could hold', async () => {
    for (const at of [8, 16, 24]) {
      const bytes = new Uint8Array(bytesOf('q4_1'));
      bytes.fill(0xff, at, at + 8);
      await expect(openGguf(bytesSource('huge.gguf', bytes))).rejects.toThrow(
        /do not fit the file/,
      );
    }
  });
});

describe('metadata', () => {
  type Value = string | number | boolean;
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    return [...new Uint8Array(BigUint64Array.of(BigInt(bytes.length)).buffer), ...bytes];
  };
  const entry = (key: string, value: Value) => {
    const type = typeof value === 'string' ? 8 : typeof value === 'boolean' ? 7 : 6;
    const stored =
      typeof value === 'string'
        ? text(value)
        : typeof value === 'boolean'
          ? [value ? 1 : 0]
          : [...new Uint8Array(Float32Array.of(value).buffer)];
    return [...text(key), ...new Uint8Array(Uint32Array.of(type).buffer), ...stored];
  };

  /** The file with further metadata; a text of the right length keeps the tensors aligned. */
  function withEntries(name: string, entries: Record<string, Value>) {
    const whole = bytesOf(name);
    const added = Object.entries(entries).flatMap(([key, value]) => entry(key, value));
    const bare = added.length + entry('general.filler', '').length;
    added.push(...entry('general.filler', ' '.repeat((32 - (bare % 32)) % 32)));
    const bytes = Uint8Array.from([...whole.subarray(0, 24), ...added, ...whole.subarray(24)]);
    const view = new DataView(bytes.buffer);
    const count = view.getBigUint64(16, true);
    view.setBigUint64(16, count + BigInt(Object.keys(entries).length + 1), true);
    return bytesSource('changed.gguf', bytes);
  }
  const configOf = async (entries: Record<string, Value>, name = 'f32') => {
    const { texts } = await openGguf(withEntries(name, entries));
    return JSON.parse(texts.get('config.json')!) as Record<string, unknown>;
  };

  it('says what is assumed when the pre-tokenizer is not named', async () => {
    const bytes = new Uint8Array(readFileSync('test/fixtures/cases/gguf/no-pre.gguf'));
    const { tensors } = await openGguf(bytesSource('no-pre.gguf', bytes));
    expect(tensors.notices).toMatchObject([
      { kind: 'assumed', places: ['no-pre.gguf: tokenizer.ggml.pre'] },
    ]);
    expect(tensors.notices[0]!.text).toContain('GPT-2’s is assumed');
    expect((await openGguf(sourceOf('q8_0'))).tensors.notices).toEqual([]);
  });

  it('names a key that nobody knows', async () => {
    const { tensors } = await openGguf(withEntries('f32', { 'llama.no_such_key': 2 }));
    expect(tensors.notices.flatMap(({ places }) => places)).toEqual([
      'changed.gguf: llama.no_such_key',
    ]);
  });

  const linear = { rope_type: 'linear', factor: 2.5 };
  it.each([
    [{ 'llama.rope.scale_linear': 2.5 }, linear],
    [{ 'llama.rope.scaling.factor': 2.5 }, linear],
    [{ 'llama.rope.scaling.type': 'linear', 'llama.rope.scaling.factor': 2.5 }, linear],
    [{ 'llama.rope.scaling.factor': 2.5, 'llama.rope.scale_linear': 9 }, linear],
    [{ 'llama.rope.scaling.type': 'none', 'llama.rope.scaling.factor': 2.5 }, null],
    [{ 'llama.rope.scale_linear': 1 }, null],
    [
      {
        'llama.rope.scaling.type': 'yarn',
        'llama.rope.scaling.factor': 4,
        'llama.rope.scaling.original_context_length': 16,
        'llama.rope.scaling.yarn_beta_fast': 8,
      },
      { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 16, beta_fast: 8 },
    ],
  ])('%o scales the rope', async (entries, scaling) => {
    expect((await configOf(entries))['rope_scaling']).toEqual(scaling);
  });

  it.each([
    ['llama.rope.scaling.type', 'longrope', { 'llama.rope.scaling.factor': 2 }],
    ['llama.rope.scaling.yarn_ext_factor', 0.5, {}],
    ['llama.logit_scale', 2, {}],
    ['llama.attention.causal', false, {}],
    ['llama.attention.value_length', 4, {}],
    ['llama.tensor_data_layout', 'Meta AI original pth', {}],
    ['tokenizer.ggml.add_space_prefix', true, {}],
    ['general.type', 'adapter', {}],
    ['split.count', 3, {}],
  ])('%s %o is refused by name', async (key, value, others) => {
    const name = key === 'general.type' ? undefined : 'f32';
    const opening =
      name === undefined
        ? openGguf(bytesSource('changed.gguf', replaced('f32', 'model', 'adapt')))
        : openGguf(withEntries(name, { ...others, [key]: value }));
    await expect(opening).rejects.toThrow(UnsupportedModelError);
  });

  /** `general.type` is in every file: its text is exchanged for one of the same length. */
  function replaced(name: string, from: string, to: string): Uint8Array {
    const bytes = new Uint8Array(bytesOf(name));
    const at = Buffer.from(bytes).indexOf('general.type') + 'general.type'.length + 12;
    expect(new TextDecoder().decode(bytes.subarray(at, at + from.length))).toBe(from);
    bytes.set(new TextEncoder().encode(to), at);
    return bytes;
  }

  it('offers the chat templates that have a name', async () => {
    const { texts } = await openGguf(
      withEntries('f32', { 'tokenizer.chat_template.tool_use': 'T' }),
    );
    const config = JSON.parse(texts.get('tokenizer_config.json')!) as { chat_template: unknown };
    expect(config.chat_template).toMatchObject([
      { name: 'default' },
      { name: 'tool_use', template: 'T' },
    ]);
  });
});
