/** Cross-entropy over a vocabulary of the usual size, where most probabilities are tiny. */
import { tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { crossEntropy } from '../../src/ops/cross-entropy/cross-entropy.ts';
import { disposeWeight, uploadWeight } from '../../src/ops/weight.ts';
import { nodeEngines, startEngine } from '../support/engines.ts';

describe.each(nodeEngines)('%s', (engine) => {
  beforeAll(() => startEngine(engine));

  it('keeps the many small terms of a softmax over 50,000 tokens', async () => {
    const vocabulary = 50_000;
    const values = new Float32Array(2 * vocabulary);
    values[0] = 17;
    const head = uploadWeight(values, vocabulary, 2, 'f32', undefined);
    const [rows, targets] = [tensor([0], [1], 'int32'), tensor([0], [1], 'int32')];
    const hidden = tensor([1, 0], [1, 2]);
    const { nll, correct } = crossEntropy(hidden, head, rows, targets, false);
    const [value] = await nll.data();
    const expected = Math.log(1 + (vocabulary - 1) * Math.exp(-17));
    expect(Math.abs(value! - expected)).toBeLessThan(1e-6);
    for (const result of [nll, correct, rows, targets, hidden]) result.dispose();
    disposeWeight(head);
  });
});
