/**
 * Settings of adapter_config.json under which readers go wrong, against PEFT: the same numbers, or a refusal that
 * names the setting.
 */
import { beforeAll, expect, it } from 'vitest';
import { IdiolectError } from '../../src/errors.ts';
import { readPeftAdapter } from '../../src/exchange/peft-read.ts';
import { adapterFromValues } from '../../src/lora/adapter.ts';
import { bytesSource, textSource, type ByteSource } from '../../src/storage/byte-source.ts';
import type { Reference } from '../models/parity.ts';
import { startEngine } from '../support/engines.ts';
import { fixtureBytes, fixtureJson } from '../support/fixtures.ts';
import { rowNll } from '../support/row-nll.ts';
import { tinyModel } from '../support/tiny-training.ts';

interface Case {
  name: string;
  model: string;
  /** Σ NLL of each row, nats. */
  nll?: [number, number];
  /** The error of PEFT. */
  refused?: string;
}

const cases = await fixtureJson<Case[]>('adapters/cases.json');

/** What the refusal names, for the cases that are refused here; PEFT computes some of them. */
const refusals: Record<string, RegExp> = {
  'pissa-niter': /init_lora_weights is "pissa_niter_4"[^]*path_initial_model_for_weight_conversion/,
  'pissa-alpha0': /alpha 0 cannot come from pissa/,
  corda: /init_lora_weights is "corda"/,
  'unknown-start': /init_lora_weights is "no_such_start"/,
  'saved-and-targeted': /belongs to no layer|no layer of this model is adapted|modules_to_save/i,
  'bad-pattern':
    /adapter_config\.json: rank_pattern: "\*\.q_proj" is not a usable regular expression/,
  'bad-exclusion': /adapter_config\.json: exclude_modules: "\(q_proj" is not a usable/,
  'rank-zero': /r must be a positive whole number, got 0/,
  dora: /use_dora/,
  biases: /bias is "lora_only"/,
  'lora-bias': /lora_bias/,
  'saved-linear': /mlp\.down_proj\.weight is no LoRA matrix/,
};
/** Cases that are computed, and have something said about them. */
const says: Record<string, RegExp> = {
  'pissa-down': /started by pissa/,
  olora: /started by olora/,
  'narrowed-targets': /left out, as PEFT does/,
  double: /F64/,
};

beforeAll(() => startEngine('wasm'));

async function filesOf(name: string): Promise<Map<string, ByteSource>> {
  const files = ['adapter_config.json', 'adapter_model.safetensors'].map(
    async (file) =>
      [file, bytesSource(file, await fixtureBytes(`adapters/cases/${name}/${file}`))] as const,
  );
  return new Map(await Promise.all(files));
}

it.each(cases.map((each) => [each.name, each] as const))('%s', async (name, { model: on, nll }) => {
  const model = await tinyModel(on);
  const attempt = readPeftAdapter(await filesOf(name), model);
  const refusal = refusals[name];
  if (refusal || !nll) {
    await expect(attempt).rejects.toThrow(IdiolectError);
    await expect(attempt).rejects.toThrow(refusal);
    model.dispose();
    return;
  }
  const { settings, values, saved, notices } = await attempt;
  const adapter = adapterFromValues(model, settings, values, saved);
  const reference = await fixtureJson<Reference>(`models/${on}/reference.json`);
  const sums = await rowNll(model, reference, adapter);
  nll.forEach((expected, row) => expect(sums[row]! / expected).toBeCloseTo(1, 5));
  const words = notices.map(({ text }) => text).join('\n');
  if (says[name]) expect(words).toMatch(says[name]);
  adapter.dispose();
  model.dispose();
});

it('names a setting that nobody knows', async () => {
  const model = await tinyModel('llama');
  const files = await filesOf('gaussian');
  const config = await fixtureJson<object>('adapters/cases/gaussian/adapter_config.json');
  const changed = { ...config, no_such_setting: 3, off_for_now: null };
  files.set('adapter_config.json', textSource('adapter_config.json', JSON.stringify(changed)));
  const { notices } = await readPeftAdapter(files, model);
  expect(notices.flatMap(({ places }) => places)).toEqual(['adapter_config.json: no_such_setting']);
  model.dispose();
});
