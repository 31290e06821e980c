/** What an adapter is: nothing at first, a difference B·A on the weights, scaled by its settings. */
import { tensor, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../models/language-model.ts';
import { loadModel } from '../../models/load.ts';
import { forwardContext } from '../../src/forward/forward-context.ts';
import { positionsOf } from '../../src/forward/token-losses.ts';
import {
  adapterFromValues,
  adapterValues,
  createAdapter,
  type LoraAdapter,
  type LoraValues,
} from '../../src/lora/adapter.ts';
import { loraScale, type LoraSettings } from '../../src/lora/config.ts';
import { linear } from '../../src/ops/linear/linear.ts';
import { createRandom } from '../../src/random.ts';
import { readFloat32, type NamedTensor } from '../../src/storage/tensor-file.ts';
import { errorToLargest } from '../models/parity.ts';
import { nodeEngines, startEngine } from '../support/engines.ts';
import { openFixtureModel } from '../support/fixtures.ts';
import { tinyModel } from '../support/tiny-training.ts';

const settings: LoraSettings = {
  rank: 4,
  alpha: 8,
  dropout: 0.5,
  targets: 'all-linear',
  rankStabilized: false,
};

async function logitsOf(model: LanguageModel, adapter?: LoraAdapter): Promise<number[]> {
  const time = 12;
  const logits = tidy(() => {
    const ids = tensor(
      Int32Array.from({ length: time }, (_, i) => (7 * i + 3) % 96),
      [time],
      'int32',
    );
    const positions = tensor(positionsOf(1, time), [time], 'int32');
    return linear(model.hidden(forwardContext(1, time, ids, positions, { adapter })), model.head);
  });
  const values = Array.from(await logits.data());
  logits.dispose();
  return values;
}

/** Values as after training: B is not zero. */
async function trainedValues(model: LanguageModel): Promise<Map<string, LoraValues>> {
  const fresh = createAdapter(model, settings, createRandom(3));
  const random = createRandom(4);
  const values = await adapterValues(fresh);
  fresh.dispose();
  for (const { b } of values.values())
    for (let i = 0; i < b.length; i++) b[i] = 0.1 * random.normal();
  return values;
}

describe.each(nodeEngines)('an adapter on %s', (engine) => {
  beforeAll(() => startEngine(engine));

  it('is nothing before training, and gone when it is left out', async () => {
    const model = await tinyModel();
    const base = await logitsOf(model);
    const fresh = createAdapter(model, settings, createRandom(3));
    expect(await logitsOf(model, fresh)).toEqual(base);
    const trained = adapterFromValues(model, settings, await trainedValues(model));
    expect(errorToLargest(await logitsOf(model, trained), base)).toBeGreaterThan(0.01);
    expect(await logitsOf(model)).toEqual(base);
    for (const disposable of [fresh, trained, model]) disposable.dispose();
  });

  // GPT-2 stores weights turned, GPT-NeoX reorders the rows of its stack.
  it.each(['llama', 'gpt2', 'gpt_neox'])(
    '%s: fused into the weights computes the same',
    async (variant) => {
      const model = await tinyModel(variant);
      const values = await trainedValues(model);
      const adapter = adapterFromValues(model, settings, values);
      const fused = await fusedModel(variant, values, loraScale(settings), model.fanInFanOut);
      const expected = await logitsOf(model, adapter);
      expect(errorToLargest(await logitsOf(fused), expected)).toBeLessThan(1e-5);
      for (const disposable of [adapter, model, fused]) disposable.dispose();
    },
  );

  it('rank-stabilized is alpha · √rank without', async () => {
    const model = await tinyModel();
    const values = await trainedValues(model);
    const stable = adapterFromValues(model, { ...settings, rankStabilized: true }, values);
    const plain = adapterFromValues(model, { ...settings, alpha: 8 * Math.sqrt(4) }, values);
    expect(stable.scale).toBe(4);
    expect(await logitsOf(model, stable)).toEqual(await logitsOf(model, plain));
    for (const disposable of [stable, plain, model]) disposable.dispose();
  });
});

describe('targets', () => {
  beforeAll(() => startEngine('wasm'));

  it('are chosen by name, and counted as rank · (in + out)', async () => {
    const model = await tinyModel();
    const chosen = { ...settings, targetModules: ['k_proj', 'down_proj'] };
    const adapter = createAdapter(model, chosen, createRandom(1));
    expect(adapter.targetModules).toEqual(['down_proj', 'k_proj']);
    const paths = [...(await adapterValues(adapter)).keys()];
    expect(paths.every((path) => /\.(k_proj|down_proj)$/.test(path))).toBe(true);
    const sizes = model.linears.flatMap(({ weight, projections }) =>
      projections
        .filter(({ path }) => paths.includes(path))
        .map(({ start, end }) => settings.rank * (weight.columns + end - start)),
    );
    expect(adapter.parameterCount).toBe(sizes.reduce((a, b) => a + b));
    const none = { ...settings, targetModules: ['c_attn'] };
    expect(() => createAdapter(model, none, createRandom(1))).toThrow(/c_attn[^]*q_proj/);
    for (const disposable of [adapter, model]) disposable.dispose();
  });
});

/** The checkpoint with scale · B·A added to its weights. */
async function fusedModel(
  variant: string,
  values: ReadonlyMap<string, LoraValues>,
  scale: number,
  turned: boolean,
): Promise<LanguageModel> {
  const opened = await openFixtureModel(variant);
  const tensors = new Map<string, NamedTensor>();
  for (const [name, stored] of opened.tensors.tensors) {
    const path = name.replace(/\.weight$/, '');
    const replacement = values.get(path) ?? values.get(`transformer.${path}`);
    if (!replacement) {
      tensors.set(name, stored);
      continue;
    }
    const [first, second] = stored.shape as [number, number];
    const [rows, columns] = turned ? [second, first] : [first, second];
    const weight = await readFloat32(stored);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let r = 0; r < settings.rank; r++) {
          sum += replacement.b[row * settings.rank + r]! * replacement.a[r * columns + column]!;
        }
        weight[turned ? column * rows + row : row * columns + column]! += scale * sum;
      }
    }
    const bytes = new Uint8Array(weight.buffer);
    tensors.set(name, { ...stored, dtype: 'F32', read: () => Promise.resolve(bytes) });
  }
  const options = { precision: 'f32', trainable: false, maxTensorBytes: Infinity } as const;
  return loadModel({ ...opened, tensors: { ...opened.tensors, tensors } }, options);
}
