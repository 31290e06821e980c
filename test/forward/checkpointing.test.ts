/** Recomputing activations changes what is remembered, not one number. */
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../models/load.ts';
import type { ForwardOptions } from '../../src/forward/forward-context.ts';
import { registerOps } from '../../src/ops/register.ts';
import { batchGradients, disposeGradients } from '../../src/train/loss.ts';
import { openReference, referenceAdapter, referenceBatch } from '../models/parity.ts';

beforeAll(async () => {
  await setBackend('cpu');
  registerOps('cpu');
});

describe.each(['llama', 'gpt2', 'gpt_neox'])('%s', (variant) => {
  it.each([0, 0.3])('has the same loss and gradient, dropout %d', async (rate) => {
    const { reference, opened } = await openReference(variant);
    const model = await loadModel(opened, {
      precision: 'f32',
      trainable: false,
      maxTensorBytes: Number.POSITIVE_INFINITY,
    });
    const adapter = referenceAdapter(model, reference);
    const variables = adapter.variables.map(({ variable }) => variable);
    const tensors = memory().numTensors;
    const run = async (options: ForwardOptions) => {
      const dropout = { rate, seed: 5 };
      const result = batchGradients(model, referenceBatch(reference), variables, 3, {
        adapter,
        dropout,
        ...options,
      });
      const values = await Promise.all([result.loss.data(), result.gradient.data()]);
      disposeGradients(result);
      return values;
    };
    const plain = await run({});
    const recomputed = await run({ checkpointing: { variables } });
    expect(recomputed).toEqual(plain);
    expect(memory().numTensors).toBe(tensors);
    adapter.dispose();
    model.dispose();
  });
});
