/** KL(base ‖ tuned) against its definition written out, from logits and from likelihoods alone. */
import { memory, randomNormal, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Example } from '../../src/batches/example.ts';
import {
  klOfLogits,
  measureDivergence,
  type DivergenceOptions,
  type RowDivergence,
} from '../../src/familiarity/divergence.ts';
import { measure } from '../../src/familiarity/measure.ts';
import type { LoraAdapter } from '../../src/lora/adapter.ts';
import { startEngine } from '../support/engines.ts';
import { MAX_LENGTH, tinyExamples, tinyModel, tinyRun } from '../support/tiny-training.ts';

let model: LanguageModel;
let adapter: LoraAdapter;
beforeAll(async () => {
  await startEngine('wasm');
  model = await tinyModel();
  ({ adapter } = tinyRun(model));
  return () => {
    adapter.dispose();
    model.dispose();
  };
});

/** Fresh adapters change nothing: B is zero until it is told otherwise. */
const move = () =>
  adapter.variables.forEach(({ variable }, i) =>
    tidy(() => variable.assign(randomNormal(variable.shape, 0, 0.3, 'float32', i))),
  );

async function divergence(examples: readonly Example[], changes: Partial<DivergenceOptions> = {}) {
  const found: RowDivergence[] = [];
  const options = { padId: 0, maxLength: MAX_LENGTH, maxTokens: 2048, base: {}, ...changes };
  for await (const rows of measureDivergence(model, examples, { tuned: { adapter }, ...options })) {
    found.push(...rows);
  }
  return found.sort((a, b) => a.rowIndex - b.rowIndex);
}

/** Nats of each example's only target. */
async function nllOf(examples: readonly Example[], tuned: boolean): Promise<number[]> {
  const nll: number[] = [];
  const facts = examples.map((_, i) => ({
    rowId: String(i),
    responseBytes: 1,
    boundaryMerged: false,
  }));
  const forward = tuned ? { adapter } : {};
  const options = { padId: 0, maxLength: MAX_LENGTH, maxTokens: 2048, forward };
  for await (const rows of measure(model, examples, facts, options)) {
    for (const { rowId, nllSum } of rows) nll[Number(rowId)] = nllSum;
  }
  return nll;
}

describe('divergence', () => {
  it('is zero before training', async () => {
    const found = await divergence(tinyExamples(5));
    expect(found).toHaveLength(5);
    for (const { klSum } of found) expect(klSum).toBeLessThan(1e-12);
  });

  it('is Σ p·(ln p − ln q) over the vocabulary', async () => {
    move();
    const prefix = [5, 17, 40, 8];
    const candidates = Array.from({ length: model.shape.vocabSize }, (_, v): Example => ({
      tokens: Int32Array.from([...prefix, v]),
      promptLength: prefix.length,
      truncated: false,
      rowIndex: v,
      endsWithEos: false,
    }));
    const [base, tuned] = [await nllOf(candidates, false), await nllOf(candidates, true)];
    const expected = base.reduce((sum, nll, v) => sum + Math.exp(-nll) * (tuned[v]! - nll), 0);
    const [found] = await divergence(candidates.slice(0, 1));
    expect(found!.tokens).toBe(1);
    expect(found!.klSum).toBeCloseTo(expected, 4);
    expect(expected).toBeGreaterThan(0.001);
  });

  it('adds up over positions, whatever batches and chunks are, and leaves nothing behind', async () => {
    move();
    const examples = tinyExamples(12, 3, 40);
    const whole = await divergence(examples);
    const tensors = memory().numTensors;
    const cut = await divergence(examples, { maxTokens: 1, logitsAtOnce: 200, padId: 9 });
    expect(memory().numTensors).toBe(tensors);
    whole.forEach(({ rowIndex, tokens, klSum }, i) => {
      const { tokens: length, promptLength } = examples[i]!;
      expect(rowIndex).toBe(examples[i]!.rowIndex);
      expect(tokens).toBe(length.length - promptLength);
      expect(cut[i]!.tokens).toBe(tokens);
      expect(Math.abs(cut[i]!.klSum - klSum)).toBeLessThan(1e-4 * klSum);
    });
  });
});

describe('KL of logits', () => {
  it('has a direction, and does not mind a shift of all logits', () => {
    const p = Float32Array.from([1, 2, -1, 0.5]);
    const q = Float32Array.from([0, 2.5, 1, -3]);
    const softmax = (z: Float32Array) => {
      const sum = z.reduce((total, value) => total + Math.exp(value), 0);
      return Array.from(z, (value) => Math.exp(value) / sum);
    };
    const kl = (x: number[], y: number[]) =>
      x.reduce((sum, value, i) => sum + value * Math.log(value / y[i]!), 0);
    const [a, b] = [softmax(p), softmax(q)];
    expect(klOfLogits(p, q)).toBeCloseTo(kl(a, b), 12);
    expect(klOfLogits(q, p)).toBeCloseTo(kl(b, a), 12);
    expect(Math.abs(kl(a, b) - kl(b, a))).toBeGreaterThan(0.1);
    const shifted = p.map((z) => z + 1024);
    expect(klOfLogits(p, shifted)).toBeCloseTo(0, 12);
  });
});
