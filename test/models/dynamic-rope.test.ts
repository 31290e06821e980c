/** Rope that depends on the length of a text: no text may notice its neighbors in a batch, or how it is cached. */
import { memory, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { loadModel } from '../../models/load.ts';
import { tokenLosses } from '../../src/forward/token-losses.ts';
import { generate } from '../../src/generate/generate.ts';
import { startEngine } from '../support/engines.ts';
import { openFixtureModel } from '../support/fixtures.ts';
import { rowNll } from '../support/row-nll.ts';
import { openReference } from './parity.ts';

beforeAll(() => startEngine('wasm'));

async function dynamicModel(trained: number) {
  const opened = await openFixtureModel('llama');
  const config = {
    ...(opened.config as object),
    rope_scaling: { type: 'dynamic', factor: 4 },
    max_position_embeddings: trained,
  };
  const options = { precision: 'f32', trainable: false, maxTensorBytes: Infinity } as const;
  return loadModel({ ...opened, config }, options);
}

it('gives a text the same numbers alone, beside a longer one, and leaves nothing behind', async () => {
  const before = memory().numTensors;
  const model = await dynamicModel(8);
  expect(model.shape.contextLength).toBe(32);
  const { reference } = await openReference('llama');
  const alone = await rowNll(model, reference);
  const { input_ids, lengths } = reference;
  const time = input_ids[0]!.length;
  const targets = lengths.flatMap((length, row) =>
    Array.from({ length: length - 1 }, (_, i) => [row, i + 1] as const),
  );
  const batch = {
    tokens: Int32Array.from(input_ids.flat()),
    batch: input_ids.length,
    time,
    lengths: Int32Array.from(lengths),
    examples: Int32Array.from(input_ids.keys()),
    rows: Int32Array.from(targets, ([row, position]) => row * time + position - 1),
    targets: Int32Array.from(targets, ([row, position]) => input_ids[row]![position]!),
    exampleOf: Int32Array.from(targets, ([row]) => row),
    positionOf: Int32Array.from(targets, ([, position]) => position),
  };
  const nll = tidy(() => tokenLosses(model, batch, {}, false).nll);
  const losses = await nll.data();
  nll.dispose();
  const together = lengths.map((_, row) =>
    targets.reduce((sum, [of], i) => (of === row ? sum + losses[i]! : sum), 0),
  );
  together.forEach((sum, row) => expect(sum / alone[row]!).toBeCloseTo(1, 5));
  model.dispose();
  expect(memory().numTensors).toBe(before);
});

it('goes on past the trained context when it generates', async () => {
  const model = await dynamicModel(8);
  const { reference } = await openReference('llama');
  const answers = await generate({
    model,
    prompts: [reference.input_ids[0]!.slice(0, 5), reference.input_ids[1]!.slice(0, 9)],
    sampling: { greedy: true, temperature: 1, topK: 0, topP: 1, maxNewTokens: 20, seed: 1 },
    endIds: [],
    stopRequested: () => false,
  });
  expect(answers.map(({ tokens }) => tokens.length)).toEqual([20, 20]);
  model.dispose();
});
