/** Learning rates step by step, against transformers' own tables. */
import { expect, it } from 'vitest';
import { learningRateAt } from '../../src/train/schedule.ts';

const rates = (schedule: 'linear' | 'cosine' | 'constant' | 'warmup_stable_decay', steps = 10) =>
  Array.from({ length: steps + 1 }, (_, step) =>
    learningRateAt({ steps, warmup: 0.2, schedule, learningRate: 1 }, step),
  );

it('rises from zero over the warm-up, whatever follows', () => {
  for (const schedule of ['linear', 'cosine', 'constant', 'warmup_stable_decay'] as const) {
    expect(rates(schedule).slice(0, 3)).toEqual([0, 0.5, 1]);
  }
});

it('linear: falls to zero at the last step', () => {
  expect(rates('linear').slice(2)).toEqual([1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0]);
});

it('cosine: half way down in the middle, zero at the end', () => {
  const [at6, at10] = [rates('cosine')[6]!, rates('cosine')[10]!];
  expect(at6).toBeCloseTo(0.5, 12);
  expect(at10).toBeCloseTo(0, 12);
});

it('warmup_stable_decay: constant for half of the run, then linear to zero', () => {
  expect(rates('warmup_stable_decay').slice(2)).toEqual(
    [1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0].map((rate) => expect.closeTo(rate, 12) as number),
  );
});
