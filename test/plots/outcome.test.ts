/** What is said of trained runs: a seed counts once, questions come first, losses of different writers are not ranked. */
import { expect, it } from 'vitest';
import {
  changeOf,
  lossComparable,
  onePerSeed,
  type OutcomeGroup,
  type OutcomeRun,
} from '../../src/plots/outcome.ts';
import { outcomeSentence } from '../../src/plots/outcome-sentence.ts';

const run = (change: Partial<OutcomeRun> = {}): OutcomeRun => ({
  id: Math.random().toString(),
  label: 'Notes',
  seed: 42,
  counts: { before: 3, after: 12, total: 32, questions: 'q1 q2' },
  before: 6.2,
  after: 0.47,
  step: 60,
  ...change,
});
const group = (name: string, runs: OutcomeRun[], change: Partial<OutcomeGroup> = {}) => ({
  key: name,
  name,
  setId: name.toLowerCase(),
  slot: 1,
  dashed: false,
  runs,
  validation: undefined,
  heldOut: 12,
  ...change,
});

it('counts a seed once and says that its runs are equal', () => {
  const twice = [run(), run()];
  expect(onePerSeed(twice, 'questions')).toEqual([twice[1]]);
  const { n, low, high } = changeOf(twice, 'loss');
  expect(n).toBe(1);
  expect([low, high]).toEqual([NaN, NaN]);
  const sentence = outcomeSentence([group('Notes', twice)]);
  expect(sentence).toContain('2 runs on Notes with seed 42 gave equal numbers and count once.');
  expect(sentence).toContain('One seed (42): there is no interval over seeds');
  expect(sentence).not.toContain('95 %');
});

it('lets the latest of a seed count where its runs differ', () => {
  const counts = { before: 3, after: 20, total: 32, questions: 'q1 q2' };
  const again = [run(), run({ counts })];
  const sentence = outcomeSentence([group('Notes', again)]);
  expect(sentence).toContain('Notes 3 → 20 of 32.');
  expect(sentence).toContain('2 runs on Notes with seed 42 differ; only the latest counts.');
});

it('puts questions right first and never sets losses of different writers side by side', () => {
  const groups = [
    group('Notes', [run()]),
    group('Dialect A', [
      run({
        before: 0.6,
        after: 0.35,
        counts: { before: 12, after: 20, total: 32, questions: 'q1 q2' },
      }),
    ]),
  ];
  expect(lossComparable(groups)).toBe(false);
  const sentence = outcomeSentence(groups);
  expect(sentence).toMatch(
    /^Held-out questions answered right, before → after training: Notes 3 → 12 of 32; Dialect A 12 → 20 of 32\./,
  );
  expect(sentence).toContain('does not compare the writers');
  for (const loss of ['5.73', '6.2', '0.25', 'compare the drops']) {
    expect(sentence).not.toContain(loss);
  }
});

it('shows losses beside each other on one set for all, in the order of the groups', () => {
  const common = { validation: 'Validation', heldOut: 24 };
  const groups = [
    group('Dialect A', [run({ before: 0.6, after: 0.35 })], common),
    group('Notes', [run()], common),
  ];
  expect(outcomeSentence(groups)).toContain(
    'Loss on the same 24 answers (Validation), nats per token: Dialect A 0.600 → 0.350 (−0.250); Notes 6.20 → 0.470 (−5.73).',
  );
});

it('says when other questions were asked', () => {
  const counts = { before: 1, after: 2, total: 12, questions: 'q7' };
  const sentence = outcomeSentence([group('Notes', [run()]), group('Own', [run({ counts })])]);
  expect(sentence).toContain('asked different questions');
});

it('gives means over seeds with an interval, and none of width zero', () => {
  const of = (seed: number, after: number) =>
    run({ seed, counts: { before: 4, after, total: 32, questions: `q${seed}` } });
  const sentence = outcomeSentence([group('Notes', [of(1, 12), of(2, 14), of(3, 13)])]);
  expect(sentence).toContain('Notes 12.5 % → 40.6 % (+28.1 points, 95 % interval +20.4 points to');
  expect(sentence).toContain('n = 3');
  const same = outcomeSentence([group('Notes', [of(1, 12), of(2, 12)])]);
  expect(same).toContain('+25 points, the same with each of 2 seeds');
});

it('speaks of the loss alone where no right answer is known', () => {
  const sentence = outcomeSentence([group('Letters', [run({ counts: undefined })])]);
  expect(sentence).toMatch(/^Loss on the writer’s own 12 held-out answers/);
  expect(outcomeSentence([])).toContain('No shown run');
});
