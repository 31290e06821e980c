import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Example } from '../../src/batches/example.ts';
import { buildExamples } from '../../src/batches/example.ts';
import type { OrderCursor } from '../../src/batches/training-order.ts';
import {
  epochOrder,
  orderStart,
  stepsPerEpoch,
  takeNext,
} from '../../src/batches/training-order.ts';
import type { TrainingStep, TrainingStepOptions } from '../../src/batches/training-step.ts';
import { trainingStep } from '../../src/batches/training-step.ts';
import { createRandom } from '../../src/random.ts';

/** Examples of different lengths whose tokens name the example. */
function numbered(count: number): Example[] {
  const pairs = Array.from({ length: count }, (_, i) => ({
    tokens: new Array<number>(3 + ((i * 7) % 40)).fill(i + 1),
    promptLength: 2,
  }));
  return buildExamples(pairs, { maxLength: 64, eos: { append: 'if-missing', id: 0 } }).examples;
}

const shape = { maxLength: 64, padId: 0 };

function steps(
  examples: Example[],
  count: number,
  options: TrainingStepOptions,
  cursor: OrderCursor = orderStart,
): TrainingStep[] {
  const list: TrainingStep[] = [];
  for (let s = 0; s < count; s++) {
    const step = trainingStep(examples, createRandom(3), cursor, options);
    list.push(step);
    cursor = step.cursor;
  }
  return list;
}

const indicesOf = (step: TrainingStep) =>
  step.microBatches.flatMap((batch) => [...batch.examples]).sort((a, b) => a - b);

describe('training order', () => {
  it('shows every example once an epoch, in another order each time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (n, size) => {
        const random = createRandom(n);
        let cursor = orderStart;
        const seen: number[] = [];
        for (let s = 0; s < stepsPerEpoch(n, size); s++) {
          const taken = takeNext(n, random, cursor, size);
          expect(taken.epoch).toBe(0);
          seen.push(...taken.indices);
          cursor = taken.cursor;
        }
        expect(cursor).toEqual({ epoch: 1, position: 0 });
        expect(seen).toEqual(epochOrder(n, random, 0));
        expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
    );
    expect(epochOrder(30, createRandom(1), 0)).not.toEqual(epochOrder(30, createRandom(1), 1));
    expect(epochOrder(30, createRandom(1), 0)).not.toEqual(epochOrder(30, createRandom(2), 0));
  });

  it('counts partial steps', () => {
    expect(stepsPerEpoch(10, 4)).toBe(3);
  });

  it('refuses a cursor that does not fit the data', () => {
    const random = createRandom(0);
    expect(() => takeNext(5, random, { epoch: 0, position: 5 }, 1)).toThrow(RangeError);
    expect(() => takeNext(0, random, orderStart, 1)).toThrow(RangeError);
    expect(() => takeNext(5, random, orderStart, 0)).toThrow(RangeError);
  });
});

describe('training steps', () => {
  it('resume exactly from a saved cursor', () => {
    const examples = numbered(23);
    const cost = { perBatch: 10, timeStep: 4 };
    const options = { ...shape, microBatchSize: 3, accumulation: 2, cost };
    const whole = steps(examples, 12, options);
    const saved = JSON.parse(JSON.stringify(whole[5]!.cursor)) as OrderCursor;
    expect(steps(examples, 6, options, saved)).toEqual(whole.slice(6));
  });

  it('hold the same examples however they are cut into micro-batches', () => {
    const examples = numbered(21);
    const cuts = [
      { ...shape, microBatchSize: 8, accumulation: 1 },
      { ...shape, microBatchSize: 2, accumulation: 4 },
      { ...shape, microBatchSize: 1, accumulation: 8 },
      { ...shape, microBatchSize: 8, accumulation: 1, maxTokens: 64 },
      { ...shape, microBatchSize: 8, accumulation: 1, cost: { perBatch: 32, timeStep: 8 } },
    ].map((options) => steps(examples, 5, options));
    for (const cut of cuts.slice(1)) {
      cut.forEach((step, s) => {
        const reference = cuts[0]![s]!;
        expect(indicesOf(step)).toEqual(indicesOf(reference));
        expect(step).toMatchObject({
          targets: reference.targets,
          weight: reference.weight,
          tokens: reference.tokens,
          examples: reference.examples,
          cursor: reference.cursor,
        });
      });
    }
    expect(cuts[2]![0]!.microBatches).toHaveLength(8);
    for (const step of cuts[3]!) {
      for (const batch of step.microBatches) {
        if (batch.batch > 1) expect(batch.batch * batch.time).toBeLessThanOrEqual(64);
      }
    }
    const padded = (steps: readonly TrainingStep[]) =>
      steps
        .flatMap(({ microBatches }) => microBatches)
        .reduce((sum, { batch, time }) => sum + batch * time, 0);
    expect(padded(cuts[4]!)).toBeLessThan(0.8 * padded(cuts[0]!));
  });

  it('lose no target in an epoch', () => {
    const examples = numbered(21);
    const epoch = steps(examples, 3, { ...shape, microBatchSize: 4, accumulation: 2 });
    const total = epoch.reduce((sum, step) => sum + step.targets, 0);
    expect(total).toBe(examples.reduce((sum, example) => sum + example.tokens.length - 2, 0));
    expect(epoch.map((step) => step.examples)).toEqual([8, 8, 5]);
    expect(epoch.at(-1)!.cursor).toEqual({ epoch: 1, position: 0 });
  });

  it('weight tokens, not micro-batches: 10 tokens at 2.0 and 90 at 1.0 make 1.1', () => {
    const pairs = [10, 90].map((targets) => ({
      tokens: new Array<number>(targets + 1).fill(targets),
      promptLength: 1,
    }));
    const { examples } = buildExamples(pairs, {
      maxLength: 128,
      eos: { append: 'never', id: 0 },
    });
    const options = { maxLength: 128, padId: 0, microBatchSize: 1, accumulation: 2 };
    const step = trainingStep(examples, createRandom(0), orderStart, options);
    const nll = step.microBatches.reduce(
      (sum, batch) => sum + batch.targets.reduce((s, token) => s + (token === 10 ? 2 : 1), 0),
      0,
    );
    expect(nll / step.weight).toBeCloseTo(1.1, 12);
  });
});
