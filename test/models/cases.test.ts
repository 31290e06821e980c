/**
 * Checkpoints that once gave wrong numbers in silence, on the weights of the embedded model: Σ NLL of two
 * answers in nats, computed by transformers 5.18 in float32.
 */
import { beforeAll, expect, it } from 'vitest';
import type { ModelChange } from '../support/answer-nll.ts';
import { answerNll, changedModel } from '../support/answer-nll.ts';
import { readFloat32, type NamedTensor } from '../../src/storage/tensor-file.ts';
import { startEngine } from '../support/engines.ts';
import { fixtureJson } from '../support/fixtures.ts';
import { torchNormal } from '../support/torch-normal.ts';

beforeAll(() => startEngine('wasm'));

const caseConfig = (name: string) => fixtureJson<object>(`cases/models/${name}.config.json`);

/** embedding + 0.02 · N(0, 1), torch's seed 1. */
function headOfItsOwn(tensors: ReadonlyMap<string, NamedTensor>): NamedTensor {
  const embedding = tensors.get('model.embed_tokens.weight')!;
  const { shape } = embedding;
  const noise = torchNormal(1, shape[0]! * shape[1]!);
  const read = async () => {
    const values = (await readFloat32(embedding)).map((value, i) => value + 0.02 * noise[i]!);
    return new Uint8Array(values.buffer);
  };
  return { name: 'lm_head.weight', shape, dtype: 'F32', read };
}

const changes: Record<string, ModelChange['tensors']> = {
  'saved-by-automodel': (tensors) => {
    for (const [name, tensor] of [...tensors]) {
      tensors.delete(name);
      const bare = name.replace(/^model\./, '');
      tensors.set(bare, { ...tensor, name: bare });
    }
  },
};

it.each([
  ['rope-yarn', 132.971, 99.563],
  ['rope-llama3-orig-top', 130.298, 98.176],
  ['mistral-window', 124.079, 97.231],
  ['saved-by-automodel', 126.926, 100.345],
])('%s', async (name, first, second) => {
  const tensors = changes[name];
  const model = await changedModel({ config: await caseConfig(name), ...(tensors && { tensors }) });
  const [a, b] = await answerNll(model);
  expect(a).toBeCloseTo(first, 2);
  expect(b).toBeCloseTo(second, 2);
  expect(model.notices).toEqual([]);
  model.dispose();
});

it('uses a head that stands in the file although config.json ties it, and says so', async () => {
  const config = await caseConfig('tied-but-own-head');
  const model = await changedModel({
    config,
    tensors: (tensors) => tensors.set('lm_head.weight', headOfItsOwn(tensors)),
  });
  const [a, b] = await answerNll(model);
  expect(a).toBeCloseTo(127.306, 2);
  expect(b).toBeCloseTo(101.145, 2);
  expect(JSON.stringify(model.notices)).toContain('ties the output head');
  model.dispose();
});
