/**
 * Settings of config.json under which readers go wrong, against transformers: the same numbers, or a refusal by
 * name, and a word about each setting that does nothing.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../models/load.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { ModelFileError } from '../../src/errors.ts';
import { startEngine } from '../support/engines.ts';
import { fixtureJson, openFixtureModel } from '../support/fixtures.ts';
import { rowNll } from '../support/row-nll.ts';
import type { Reference } from './parity.ts';

interface Case {
  model: string;
  change: Record<string, unknown>;
  /** Σ NLL of each row, nats. */
  nll?: [number, number];
  /** The error of transformers. */
  refused?: string;
}

const cases = await fixtureJson<Case[]>('models/config_cases.json');
const options = { precision: 'f32', trainable: false, maxTensorBytes: Infinity } as const;
/** Computed by transformers (or, quantization, ignored) and refused here. */
const refusedHere: readonly string[] = [
  'llama {"hidden_act":"gelu"}',
  'llama {"quantization_config":{"quant_method":"no_such_method"}}',
  'gpt2 {"activation_function":"relu"}',
];
/** Settings that are used, and say what would be so without them. */
const says: readonly string[] = [
  'llama {"rope_theta":"(absent)","rope_scaling":"(absent)"}',
  // The base grows only with texts that are longer than max_position_embeddings.
  'llama {"rope_scaling":{"type":"dynamic","factor":4}}',
  'qwen2 {"use_sliding_window":true,"sliding_window":4}',
  'qwen2 {"use_sliding_window":false,"sliding_window":4,"max_window_layers":0}',
  'qwen2 {"attention_bias":false}',
  'gpt2 {"reorder_and_upcast_attn":true}',
  'gpt2 {"activation_function":"gelu_accurate"}',
  'gpt2 {"activation_function":"gelu_python_tanh"}',
  'gpt_neo {"activation_function":"gelu_pytorch_tanh"}',
];
/** Above rounding of float32 sums, below what any setting changes. */
const SAME = 5e-6;

beforeAll(() => startEngine('wasm'));

const nameOf = ({ model, change }: Case) => `${model} ${JSON.stringify(change)}`;

async function openCase({ model, change }: Case): Promise<LanguageModel> {
  const opened = await openFixtureModel(model);
  const merged = Object.entries({ ...(opened.config as object), ...change });
  const config = Object.fromEntries(merged.filter(([, value]) => value !== '(absent)'));
  return loadModel({ ...opened, config }, options);
}

describe('config.json as transformers reads it', () => {
  it.each(cases.map((each) => [nameOf(each), each] as const))('%s', async (name, each) => {
    if (each.refused !== undefined || refusedHere.includes(name)) {
      await expect(openCase(each)).rejects.toThrow(ModelFileError);
      return;
    }
    const reference = await fixtureJson<Reference>(`models/${each.model}/reference.json`);
    const model = await openCase(each);
    const sums = await rowNll(model, reference);
    each.nll!.forEach((expected, row) => expect(sums[row]! / expected).toBeCloseTo(1, 5));

    const unchanged = await rowNll(await openCase({ ...each, change: {} }), reference);
    const does = each.nll!.some((value, row) => Math.abs(value / unchanged[row]! - 1) > SAME);
    if (!does && !says.includes(name)) expect(model.notices).not.toEqual([]);
  });
});
