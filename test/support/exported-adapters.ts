/** Adapters as we export them, with values that are the same everywhere, and what they compute. */
import { tensor, tidy } from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../models/language-model.ts';
import { writePeftAdapter, type NamedBytes } from '../../src/exchange/peft-write.ts';
import { forwardContext } from '../../src/forward/forward-context.ts';
import { positionsOf } from '../../src/forward/token-losses.ts';
import {
  adapterFromValues,
  adapterValues,
  replacedValues,
  createAdapter,
  type LoraAdapter,
} from '../../src/lora/adapter.ts';
import type { LoraSettings } from '../../src/lora/config.ts';
import { linear } from '../../src/ops/linear/linear.ts';
import { createRandom } from '../../src/random.ts';
import { tinyModel } from './tiny-training.ts';

export interface Golden {
  model: string;
  input_ids: number[][];
  lengths: number[];
  logits: number[];
  logits_shape: [number, number];
  /** Of a logit, by the adapter. */
  largest_change?: number;
}

const settings: LoraSettings = {
  rank: 4,
  alpha: 8,
  dropout: 0.1,
  targets: 'all-linear',
  rankStabilized: false,
};

/** name → checkpoint, settings, and which layers are kept. */
export const exports: Readonly<
  Record<string, { variant: string; settings: LoraSettings; keep?: RegExp }>
> = {
  llama: { variant: 'llama', settings },
  'llama-rslora-one-layer': {
    variant: 'llama',
    settings: { ...settings, rankStabilized: true },
    keep: /layers\.1\./,
  },
  gpt2: { variant: 'gpt2', settings },
  gpt_neox: { variant: 'gpt_neox', settings: { ...settings, targets: 'attention' } },
  gpt_neo: { variant: 'gpt_neo', settings },
};

/** The caller disposes both. */
export async function exportedAdapter(
  name: string,
): Promise<{ model: LanguageModel; adapter: LoraAdapter }> {
  const { variant, settings, keep = /./ } = exports[name]!;
  const model = await tinyModel(variant);
  const fresh = createAdapter(model, settings, createRandom(5));
  const values = new Map([...(await adapterValues(fresh))].filter(([path]) => keep.test(path)));
  fresh.dispose();
  // As after training: B is not zero. Uniform numbers have the same bits on every machine.
  const random = createRandom(6);
  for (const { b } of values.values()) {
    for (let i = 0; i < b.length; i++) b[i] = 0.4 * random.uniform() - 0.2;
  }
  return { model, adapter: adapterFromValues(model, settings, values) };
}

/** Logits of the real positions, row after row. */
export async function logitsOf(model: LanguageModel, golden: Golden, adapter?: LoraAdapter) {
  const rows = golden.input_ids;
  const time = rows[0]!.length;
  const logits = tidy(() => {
    const ids = tensor(Int32Array.from(rows.flat()), [rows.length * time], 'int32');
    const positions = tensor(positionsOf(rows.length, time), [rows.length * time], 'int32');
    const context = forwardContext(rows.length, time, ids, positions, { adapter });
    return linear(model.hidden(context), model.head);
  });
  const values = await logits.data();
  logits.dispose();
  const width = golden.logits_shape[1];
  return golden.lengths.flatMap((length, row) =>
    Array.from(values.subarray(row * time * width, (row * time + length) * width)),
  );
}

export async function exportedFiles(
  model: LanguageModel,
  adapter: LoraAdapter,
): Promise<NamedBytes[]> {
  return writePeftAdapter({
    baseModel: 'idiolect/tiny',
    revision: undefined,
    settings: adapter.settings,
    targetModules: adapter.targetModules,
    fanInFanOut: model.fanInFanOut,
    values: await adapterValues(adapter),
    saved: await replacedValues(model, adapter),
  });
}
