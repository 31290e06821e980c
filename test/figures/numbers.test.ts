/** Pieces that figures are made from, against values worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/evaluate/accuracy.ts';
import type { StageResult, RunResult } from '../../src/experiment/run/results.ts';
import { linearAxis, padded, perplexityAxis } from '../../src/figures/drawing/axis.ts';
import { accuracies, authorsSentence, authorsTables } from '../../src/figures/authors-numbers.ts';
import { spread } from '../../src/figures/cross-over.ts';
import { meanCurve } from '../../src/figures/curves.ts';
import { outcomeFilters, outcomeRows, outcomesSentence } from '../../src/figures/outcome-rows.ts';
import { rho } from '../../src/figures/scatter.ts';
import { percentage, points, probability, signedDecimal } from '../../src/figures/format.ts';

describe('a mean curve', () => {
  it('takes each step from the seeds that have it, and none without a number', () => {
    const curve = (losses: (number | null)[], tokens: number) => ({
      curve: losses.map((loss, step) => ({ step, tokens: step * tokens, loss })),
    });
    expect(meanCurve([curve([null, 2, 1], 10), curve([null, 4], 30)], 'training')).toEqual([
      { step: 1, tokens: 20, mean: 3, low: 2, high: 4, seeds: 2 },
      { step: 2, tokens: 20, mean: 1, low: 1, high: 1, seeds: 1 },
    ]);
    expect(meanCurve([curve([2], 10)], 'held-out')).toEqual([]);
  });
});

describe('axes', () => {
  it('run from end to end, upward where the end lies above', () => {
    const y = linearAxis({ from: 0, to: 2 }, { start: 200, end: 100 });
    expect([0, 1, 2].map(y.at)).toEqual([200, 150, 100]);
    const ppl = perplexityAxis([4], { start: 200, end: 0 });
    expect(ppl.at(1)).toBe(200);
    expect(ppl.at(5)).toBeCloseTo(0);
    expect(ppl.ticks).toEqual([1, 2, 5]);
  });

  it('hold every value with room to spare, and one value or none', () => {
    expect(padded([0, 100], { hold: [0, 101] })).toEqual({ from: 0, to: 101 });
    expect(padded([NaN])).toEqual({ from: 0, to: 1 });
    const { from, to } = padded([3]);
    expect(from < 3 && to > 3).toBe(true);
    expect(Number.isFinite(linearAxis({ from: 3, to: 3 }, { start: 0, end: 9 }).at(3))).toBe(true);
  });

  it('labels are pushed apart in their order', () => {
    expect(spread([100, 99, 10], 18)).toEqual([117, 99, 10]);
  });
});

it('numbers have their sign, and a dash where there is none', () => {
  expect([0.8227, NaN].map(percentage)).toEqual(['82.3 %', '–']);
  expect([0.704, -0.004, 0.0001].map(points)).toEqual(['+70.4', '−0.4', '0.0']);
  expect(signedDecimal(null as unknown as number)).toBe('–');
  expect([0.5, 0.03125, 1e-4, 1e-6, NaN].map(probability)).toEqual([
    '0.50',
    '0.031',
    '0.0001',
    '< 0.0001',
    '–',
  ]);
  expect([0.943, -0.2, NaN, undefined].map(rho)).toEqual([
    '+0.94',
    '−0.20',
    'not defined',
    'not defined',
  ]);
});

describe('outcomes', () => {
  const outcome = (id: string, strict: boolean): Outcome => ({
    id,
    response: '',
    tokens: 1,
    ended: true,
    strict,
    flexible: strict,
  });
  const questions = { test: ['q1', 'q2', 'q3', 'q4'].map((id) => ({ id, text: id, gold: '1' })) };
  const run = {
    kind: 'run',
    id: 'run.m.a.seed-1',
    model: 'm',
    test: [outcome('q3', true), outcome('q2', true), outcome('q1', false)],
    retention: [] as Outcome[],
  } as RunResult;
  const base = {
    kind: 'base',
    id: 'base.m',
    test: [outcome('q1', true), outcome('q2', true), outcome('q3', false), outcome('q4', false)],
    retention: [] as Outcome[],
  } as StageResult;

  it('are joined by question, in the order of the questions', () => {
    const rows = outcomeRows('test', questions, [base, run], run);
    expect(rows.map(({ id }) => id)).toEqual(['q1', 'q2', 'q3']);
    const kept = (filter: keyof typeof outcomeFilters) =>
      rows.filter(outcomeFilters[filter].keeps).map(({ id }) => id);
    expect(kept('changed')).toEqual(['q1', 'q3']);
    expect(kept('gained')).toEqual(['q3']);
    expect(kept('lost')).toEqual(['q1']);
    expect(outcomesSentence(rows)).toBe(
      '2 of 3 right after training: 1 that were wrong before, and 1 that were right are wrong now.',
    );
    expect(outcomeRows('retention', questions, [base, run], run)).toEqual([]);
  });
});

it('the authors’ tables are whole and keep their exceptions', () => {
  for (const { columns, rows } of authorsTables()) {
    for (const row of rows) expect(row).toHaveLength(columns.length);
  }
  expect(authorsSentence()).toContain('in 8 of 10 rows');
  const worse = accuracies.filter(({ percent }) => percent[1]![0] < percent[0]![0]);
  expect(worse.map(({ model, task }) => `${model} ${task}`)).toEqual([
    'Qwen2.5-7B-Instruct GSM8K',
    'Qwen2.5-7B-Instruct MATH-geometry',
    'Qwen2.5-7B-Instruct MBPP',
  ]);
});
