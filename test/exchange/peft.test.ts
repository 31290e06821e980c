/** Adapters to and from PEFT: what PEFT trained computes the same here, what we write is laid out as PEFT's. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ModelFileError, UnsupportedModelError } from '../../src/errors.ts';
import { readPeftAdapter } from '../../src/exchange/peft-read.ts';
import type { NamedBytes } from '../../src/exchange/peft-write.ts';
import { adapterFromValues, adapterSize, createAdapter } from '../../src/lora/adapter.ts';
import type { LoraSettings } from '../../src/lora/config.ts';
import { createRandom } from '../../src/random.ts';
import { bytesSource, type ByteSource } from '../../src/storage/byte-source.ts';
import { readSafetensors, writeSafetensors } from '../../src/storage/safetensors.ts';
import { errorToLargest, variants } from '../models/parity.ts';
import { startEngine } from '../support/engines.ts';
import {
  exportedAdapter,
  exportedFiles,
  exports,
  logitsOf,
  type Golden,
} from '../support/exported-adapters.ts';
import { fixtureBytes, fixtureJson } from '../support/fixtures.ts';
import { tinyModel } from '../support/tiny-training.ts';

interface Layout {
  config: Record<string, unknown>;
  tensors: Record<string, { dtype: string; shape: number[] }>;
}

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
const settings: LoraSettings = {
  rank: 4,
  alpha: 8,
  dropout: 0,
  targets: 'all-linear',
  rankStabilized: false,
};

beforeAll(() => startEngine('wasm'));

async function fixtureFiles(name: string): Promise<Map<string, ByteSource>> {
  const files = [CONFIG, WEIGHTS].map(async (file) => {
    const bytes = await fixtureBytes(`adapters/${name}/${file}`);
    return [file, bytesSource(file, bytes)] as const;
  });
  return new Map(await Promise.all(files));
}

const sourcesOf = (files: readonly NamedBytes[]) =>
  new Map(files.map(({ name, bytes }) => [name, bytesSource(name, bytes)]));

const trained = ['llama', 'qwen2', 'gpt2', 'gpt_neox', 'llama-rslora-patterns', 'llama-regex'];

describe('an adapter that PEFT trained', () => {
  it.each(trained)('%s computes the same logits here, and after a way out and in', async (name) => {
    const golden = await fixtureJson<Golden>(`adapters/${name}/logits.json`);
    const model = await tinyModel(golden.model);
    const read = await readPeftAdapter(await fixtureFiles(name), model);
    const adapter = adapterFromValues(model, read.settings, read.values);
    const ours = await logitsOf(model, golden, adapter);
    expect(errorToLargest(ours, golden.logits)).toBeLessThan(1e-4);
    expect(errorToLargest(await logitsOf(model, golden), golden.logits)).toBeGreaterThan(1e-3);

    const again = await readPeftAdapter(sourcesOf(await exportedFiles(model, adapter)), model);
    expect([...again.values]).toEqual([...read.values]);
    const back = adapterFromValues(model, again.settings, again.values);
    expect(await logitsOf(model, golden, back)).toEqual(ours);
    for (const disposable of [adapter, back, model]) disposable.dispose();
  });
});

describe('an adapter that PEFT opened', () => {
  it.each(Object.keys(exports))(
    '%s is still written to the byte, and computes the same',
    async (name) => {
      const golden = await fixtureJson<Golden>(`exported/${name}/logits.json`);
      const { model, adapter } = await exportedAdapter(name);
      for (const { name: file, bytes } of await exportedFiles(model, adapter)) {
        if (file === 'README.md') continue;
        expect(bytes, file).toEqual(await fixtureBytes(`exported/${name}/${file}`));
      }
      const inputs = await fixtureJson<Golden>(`models/${exports[name]!.variant}/reference.json`);
      const logits = await logitsOf(model, { ...inputs, ...golden }, adapter);
      expect(errorToLargest(logits, golden.logits)).toBeLessThan(1e-4);
      expect(golden.largest_change).toBeGreaterThan(0.01);
      adapter.dispose();
      model.dispose();
    },
  );
});

describe('an adapter that is written', () => {
  it.each(variants)('%s has the keys, shapes and settings that PEFT writes', async (variant) => {
    const layouts = await fixtureJson<Record<string, Layout>>('adapters/peft_layout.json');
    const layout = layouts[variant]!;
    const model = await tinyModel(variant);
    const adapter = createAdapter(model, settings, createRandom(1));
    const files = await exportedFiles(model, adapter);
    const file = await readSafetensors(sourcesOf(files).get(WEIGHTS)!);
    const found = [...file.tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape }]);
    expect(Object.fromEntries(found)).toEqual(layout.tensors);
    expect(file.metadata).toEqual({ format: 'pt' });
    const text = new TextDecoder().decode(files.find(({ name }) => name === CONFIG)!.bytes);
    const config = JSON.parse(text) as Record<string, unknown>;
    for (const key of Object.keys(config)) expect(layout.config, key).toHaveProperty(key);
    for (const key of ['r', 'lora_alpha', 'fan_in_fan_out', 'peft_type', 'task_type', 'bias']) {
      expect(config[key], key).toEqual(layout.config[key]);
    }
    expect(config['target_modules']).toEqual(
      [...(layout.config['target_modules'] as string[])].sort(),
    );
    expect(Object.keys(config)).toEqual(Object.keys(config).sort());

    // Σ over targets of rank·(in + out), as PEFT counts.
    const sizes = Object.values(layout.tensors).map(({ shape: [a, b] }) => a! * b!);
    const count = sizes.reduce((sum, size) => sum + size, 0);
    expect(adapter.parameterCount).toBe(count);
    expect(adapterSize(model, settings)).toBe(count);
    adapter.dispose();
    model.dispose();
  });
});

describe('reading', () => {
  const open = async (change: {
    config?: Record<string, unknown>;
    rename?: (name: string) => string;
    drop?: RegExp;
    reshape?: RegExp;
  }) => {
    const files = await fixtureFiles('llama');
    const text = new TextDecoder().decode(await fixtureBytes(`adapters/llama/${CONFIG}`));
    const config = { ...(JSON.parse(text) as object), ...change.config };
    const read = await readSafetensors(files.get(WEIGHTS)!);
    const tensors = await Promise.all(
      [...read.tensors.values()]
        .filter(({ name }) => !change.drop?.test(name))
        .map(async (stored) => ({
          name: change.rename?.(stored.name) ?? stored.name,
          shape: change.reshape?.test(stored.name) ? [...stored.shape].reverse() : stored.shape,
          dtype: stored.dtype,
          data: await stored.read(),
        })),
    );
    const model = await tinyModel('llama');
    try {
      return await readPeftAdapter(
        sourcesOf([
          { name: CONFIG, bytes: new TextEncoder().encode(JSON.stringify(config)) },
          { name: WEIGHTS, bytes: writeSafetensors(tensors, { format: 'pt' }) },
        ]),
        model,
      );
    } finally {
      model.dispose();
    }
  };

  it.each([
    ['an adapter’s name in the keys', (name: string) => name.replace('.weight', '.default.weight')],
    ['a doubled prefix', (name: string) => `base_model.model.${name}`],
  ])('accepts %s with a notice', async (_, rename) => {
    const plain = await open({});
    const other = await open({ rename });
    expect([...other.values]).toEqual([...plain.values]);
    expect(plain.notices).toEqual([]);
    expect(other.notices).toHaveLength(1);
  });

  it('takes PEFT’s defaults where the config is silent', async () => {
    const attempt = open({ config: { r: undefined, lora_alpha: undefined } });
    // The file holds rank 4, and 8 is what is meant when nothing is said.
    await expect(attempt).rejects.toThrow(/expected \[8, \d+\] for this model, found \[4, \d+\]/);
  });

  it('lists everything that does not fit at once', async () => {
    const attempt = open({
      drop: /layers\.0\.self_attn\.q_proj\.lora_B/,
      reshape: /layers\.1\.self_attn\.q_proj\.lora_A/,
      rename: (name) => name.replace('layers.1.self_attn.v_proj', 'layers.7.self_attn.v_proj'),
    });
    await expect(attempt).rejects.toThrow(ModelFileError);
    for (const words of [
      /layers\.0\.self_attn\.q_proj: lora_B is missing/,
      /layers\.1\.self_attn\.q_proj\.lora_A: expected \[4, \d+\] for this model, found \[\d+, 4\]/,
      /layers\.1\.self_attn\.v_proj should be adapted, but has no matrices/,
      /layers\.7\.self_attn\.v_proj\.lora_A\.weight belongs to no layer/,
      /layers\.7\.self_attn\.v_proj\.lora_B\.weight belongs to no layer/,
    ]) {
      await expect(attempt).rejects.toThrow(words);
    }
  });

  it('refuses by name what it cannot compute, all of it', async () => {
    const attempt = open({
      config: {
        peft_type: 'IA3',
        bias: 'all',
        use_dora: true,
        layer_replication: [[0, 1]],
        alora_invocation_tokens: [1],
        target_parameters: ['x'],
      },
    });
    await expect(attempt).rejects.toThrow(UnsupportedModelError);
    const words = ['IA3', 'bias', 'DoRA', 'replicated', 'alora', 'target_parameters'];
    for (const word of words) await expect(attempt).rejects.toThrow(word);
    const embedding = open({ rename: (name) => name.replace('lora_A.weight', 'lora_embedding_A') });
    await expect(embedding).rejects.toThrow(UnsupportedModelError);
    await expect(embedding).rejects.toThrow(/lora_embedding_A is no LoRA matrix/);
  });

  it('does not open pickles, and says how to save again', async () => {
    const model = await tinyModel('llama');
    const files = await fixtureFiles('llama');
    files.delete(WEIGHTS);
    files.set('adapter_model.bin', bytesSource('adapter_model.bin', new Uint8Array(8)));
    const attempt = readPeftAdapter(files, model);
    await expect(attempt).rejects.toThrow(/lacks adapter_model\.safetensors/);
    await expect(attempt).rejects.toThrow(/safe_serialization=True/);
    model.dispose();
  });
});
