import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchWeight, makeBatch, sumByExample } from '../../src/batches/batch.ts';
import { evaluationBatches } from '../../src/batches/evaluation-batches.ts';
import type { PairTokens, Example } from '../../src/batches/example.ts';
import { buildExamples, targetCount } from '../../src/batches/example.ts';

const EOS = 0;
const appendEos = { append: 'if-missing', id: EOS } as const;
const shape = { maxLength: 64, padId: EOS };

/** Pairs with an answer of at least one token; token 0 is end of sequence and pad at once. */
const pairs = fc.array(
  fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }),
    )
    .map(([prompt, answer]): PairTokens => ({
      tokens: [...prompt, ...answer],
      promptLength: prompt.length,
    })),
  { minLength: 1, maxLength: 20 },
);

const examplesOf = (list: readonly PairTokens[]): Example[] =>
  buildExamples(list, { maxLength: 64, eos: appendEos }).examples;

describe('buildExamples', () => {
  const build = (pair: PairTokens, maxLength = 8) =>
    buildExamples([pair], { maxLength, eos: appendEos });

  it('appends the end of sequence once, and not when told never to', () => {
    const plain = { tokens: [5, 6, 7], promptLength: 1 };
    expect(build(plain).examples[0]).toMatchObject({
      tokens: Int32Array.of(5, 6, 7, EOS),
      endsWithEos: true,
      truncated: false,
    });
    const ended = { tokens: [5, 6, EOS], promptLength: 1 };
    expect(build(ended).examples[0]!.tokens).toEqual(Int32Array.of(5, 6, EOS));
    const never = buildExamples([plain, ended], {
      maxLength: 8,
      eos: { append: 'never', id: EOS },
    });
    expect(never.examples.map((example) => example.endsWithEos)).toEqual([false, true]);
    expect(never.examples[0]!.tokens).toEqual(Int32Array.of(5, 6, 7));
  });

  it('keeps the start, and says when the end of sequence did not fit', () => {
    const pair = { tokens: [1, 2, 3, 4], promptLength: 2 };
    expect(build(pair, 4)).toMatchObject({ truncated: 1 });
    expect(build(pair, 4).examples[0]).toMatchObject({
      tokens: Int32Array.of(1, 2, 3, 4),
      truncated: true,
      endsWithEos: false,
    });
    expect(build(pair, 5).examples[0]).toMatchObject({ truncated: false, endsWithEos: true });
  });

  it('lists and drops rows without a target', () => {
    const { examples, dropped } = buildExamples(
      [
        { tokens: [1, 2, 3, 4, 5], promptLength: 4 },
        { tokens: [1, 2, 3], promptLength: 2, rowIndex: 9 },
        { tokens: [1, 2, 3], promptLength: 1, weights: [1, 0, 0] },
      ],
      { maxLength: 4, eos: { append: 'never', id: EOS } },
    );
    expect(examples.map((example) => example.rowIndex)).toEqual([9]);
    expect(dropped.map((row) => row.rowIndex)).toEqual([0, 2]);
    expect(dropped[0]!.reason).toContain('the question alone takes 4 tokens');
    expect(dropped[1]!.reason).toContain('weight 0');
  });

  it('lets an empty answer learn to end, and a prompt-less one start at its second token', () => {
    expect(build({ tokens: [1, EOS], promptLength: 2 }).examples[0]).toMatchObject({
      tokens: Int32Array.of(1, EOS, EOS),
      endsWithEos: true,
    });
    expect(targetCount(build({ tokens: [1, 2], promptLength: 0 }).examples[0]!)).toBe(2);
  });

  it('refuses lengths that contradict each other', () => {
    expect(() => build({ tokens: [1], promptLength: 2 })).toThrow(RangeError);
    expect(() => build({ tokens: [1, 2], promptLength: 1, weights: [1] })).toThrow(RangeError);
    expect(() => build({ tokens: [1, 2], promptLength: 1 }, 1)).toThrow(RangeError);
  });
});

describe('makeBatch', () => {
  it('points each row at the token before its target', () => {
    const examples = examplesOf([
      { tokens: [5, 6, 7], promptLength: 2 },
      { tokens: [8, 9], promptLength: 0 },
    ]);
    const batch = makeBatch(examples, [1, 0], shape);
    expect(batch).toMatchObject({ batch: 2, time: 16 });
    expect(batch.lengths).toEqual(Int32Array.of(3, 4));
    expect(batch.examples).toEqual(Int32Array.of(1, 0));
    expect(batch.rows).toEqual(Int32Array.of(0, 1, 17, 18));
    expect(batch.targets).toEqual(Int32Array.of(9, EOS, 7, EOS));
    expect(batch.exampleOf).toEqual(Int32Array.of(0, 0, 1, 1));
    expect(batch.positionOf).toEqual(Int32Array.of(1, 2, 2, 3));
    expect(batch).not.toHaveProperty('weights');
    expect(sumByExample(batch, [1, 2, 4, 8])).toEqual(Float64Array.of(3, 12));
  });

  it('leaves out targets of weight 0 and carries the other weights', () => {
    const examples = examplesOf([
      { tokens: [1, 2, 3, 4], promptLength: 1, weights: [1, 0.5, 0, 2] },
      { tokens: [5, 6], promptLength: 1 },
    ]);
    const batch = makeBatch(examples, [0, 1], shape);
    expect(batch.targets).toEqual(Int32Array.of(2, 4, EOS, 6, EOS));
    expect(batch.weights).toEqual(Float32Array.of(0.5, 2, 1, 1, 1));
    expect(batchWeight(batch)).toBe(5.5);
  });

  it('trains all of an answer and its end, never a pad, never a prompt token', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const examples = examplesOf(list);
        const batch = makeBatch(
          examples,
          examples.map((_, i) => i),
          shape,
        );
        const { time } = batch;
        examples.forEach((example, b) => {
          const targets = [...batch.targets].filter((_, m) => batch.exampleOf[m] === b);
          expect(targets).toEqual([...example.tokens.slice(Math.max(1, example.promptLength))]);
          expect(batch.tokens.slice(b * time, b * time + example.tokens.length)).toEqual(
            example.tokens,
          );
        });
        batch.rows.forEach((row, m) => {
          const b = batch.exampleOf[m]!;
          const position = batch.positionOf[m]!;
          expect(row).toBe(b * time + position - 1);
          expect(position).toBeLessThan(batch.lengths[b]!);
          expect(position).toBeGreaterThanOrEqual(examples[b]!.promptLength);
          expect(batch.tokens[row + 1]).toBe(batch.targets[m]);
        });
        expect(batch.rows).toHaveLength(examples.reduce((sum, e) => sum + targetCount(e), 0));
        expect(batchWeight(batch)).toBe(batch.rows.length);
      }),
    );
  });

  it('refuses an empty choice, an unknown index and an overlong example', () => {
    const examples = examplesOf([{ tokens: [1, 2, 3], promptLength: 1 }]);
    expect(() => makeBatch(examples, [], shape)).toThrow(RangeError);
    expect(() => makeBatch(examples, [1], shape)).toThrow(RangeError);
    expect(() => makeBatch(examples, [0], { ...shape, maxLength: 3 })).toThrow(RangeError);
  });
});

describe('evaluationBatches', () => {
  it('shows every example once, within the limits, the same results for every batch size', () => {
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 7 }), (list, batchSize) => {
        const examples = examplesOf(list);
        const options = { ...shape, batchSize, maxTokens: 96 };
        const sums = new Float64Array(examples.length).fill(NaN);
        let before = Infinity;
        for (const batch of evaluationBatches(examples, options)) {
          expect(batch.batch).toBeLessThanOrEqual(batchSize);
          if (batch.batch > 1) expect(batch.batch * batch.time).toBeLessThanOrEqual(96);
          expect(batch.time).toBeLessThanOrEqual(before);
          before = batch.time;
          const sum = sumByExample(batch, batch.targets);
          batch.examples.forEach((example, b) => {
            expect(sums[example]).toBeNaN();
            sums[example] = sum[b]!;
          });
        }
        expect([...sums]).toEqual(
          examples.map((example) =>
            example.tokens.slice(Math.max(1, example.promptLength)).reduce((a, b) => a + b, 0),
          ),
        );
      }),
    );
  });
});
