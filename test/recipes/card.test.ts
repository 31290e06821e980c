/** A model's card says what was measured, and measuring judges answers by their own question. */
import { readFileSync } from 'node:fs';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { measureBase, type BaseRow } from '../../src/recipes/base-measurements.ts';
import { cardText, summaryTable } from '../../src/recipes/card-text.ts';
import { evaluationLines } from '../../src/recipes/corpus.ts';
import { newModelFiles } from '../../src/recipes/new-model.ts';
import { startWasmEngine } from '../../src/engine/wasm/engine.ts';
import { registerOps } from '../../src/ops/register.ts';
import { openModel } from '../../src/workflows/open/open-model.ts';
import { dialectById } from '../../src/world/corpus.ts';
import { families } from '../../src/world/families.ts';

describe('questions a base model is measured on', () => {
  it('are of every family, in the split asked for, and no split shares one', () => {
    const test = [...evaluationLines(3, 1)];
    const validation = [...evaluationLines(3, 1, 'validation')];
    expect(new Set(test.map(({ family }) => family))).toEqual(
      new Set(families.map(({ id }) => id)),
    );
    const questions = new Set(test.map(({ question }) => question));
    expect(validation.some(({ question }) => questions.has(question))).toBe(false);
  });
});

describe('measuring a base model', () => {
  beforeAll(async () => {
    await startWasmEngine({ threads: 1 });
    registerOps('wasm');
    return () => setBackend('cpu');
  });

  it('scores both dialects and finds a model that has learned nothing wrong everywhere', async () => {
    const tokenizer = readFileSync('public/models/idiolect-a/tokenizer.json', 'utf8');
    const opened = await openModel(newModelFiles('new', 1, JSON.parse(tokenizer) as object), {
      precision: 'f32',
      trainable: false,
      maxTensorBytes: Infinity,
    });
    const lines = [...evaluationLines(1, 1)].slice(0, 3);
    const rows = await measureBase(opened, 'a', lines);
    expect(rows.map(({ right, rightCued }) => right || rightCued)).toEqual([false, false, false]);
    for (const [i, { scored }] of rows.entries()) {
      for (const id of ['a', 'b']) {
        expect(scored[id]!.rowId).toBe(lines[i]!.id);
        // A guess among 1,024 tokens.
        expect(scored[id]!.nllSum / scored[id]!.responseTokens).toBeCloseTo(Math.log(1024), 0);
      }
    }
    opened.model.dispose();
  });
});

const scored = (perplexity: number): BaseRow['scored'][string] => ({
  rowId: 'q',
  promptTokens: 3,
  responseTokens: 2,
  responseBytes: 8,
  nllSum: 2 * Math.log(perplexity),
  perplexity,
  likeliest: 1,
  truncated: false,
  boundaryMerged: false,
  tokenNll: Float32Array.from([0, 2 * Math.log(perplexity), 9]),
});
const rows: BaseRow[] = families.map(({ id, role }, i) => ({
  family: id,
  role,
  right: true,
  rightCued: i % 2 === 0,
  scored: { a: scored(2), b: scored(16) },
}));

describe('the card', () => {
  it('gives accuracies with intervals and both dialects side by side', () => {
    const line = summaryTable(rows)
      .split('\n')
      .find((text) => text.includes('target'))!;
    const cells = line.split('|').map((text) => text.trim());
    expect(cells[2]).toMatch(/^1\.00 \(0\.\d\d–1\.00\)$/);
    expect(cells[4]).toBe('2.00 / 16.00');
    // One token of two is clipped from 5.5 to 3 nats; the end token's 9 do not count.
    expect(cells[7]).toBe(`2.00 / ${Math.exp(1.5).toFixed(2)}`);
    expect(cells[8]).toBe('0.50 / 0.50');
  });

  it('names every family and how the model was trained', () => {
    const text = cardText({
      id: 'idiolect-b',
      dialect: 'b',
      parameters: 1234567,
      split: 'test',
      size: 1,
      rows,
      record: {
        seed: 2,
        engine: { device: 'WebAssembly', threads: 1 },
        tokens: 6_600_000,
        seconds: 1800,
        columns: [],
        log: [
          [0, null, 6.9, 0, 0],
          [3000, 0.25, 0.28, 6_600_000, 1800],
        ],
      },
    });
    for (const { id } of families) expect(text).toContain(`| ${id} |`);
    expect(text).toContain('1,234,567 parameters');
    expect(text).toContain('--seed 2');
    expect(text).toContain('twin `idiolect-a`');
    expect(text).toMatch(/loss was 0\.250 and the loss on 480\s+held-out answers 0\.280/);
    expect(text).toContain(dialectById('b').description);
  });
});
