import { expect, test } from 'vitest';
import { familiaritySentence, type SetScore } from '../../src/plots/familiarity-sentence.ts';

const score = (name: string, average: number, low: number, high: number): SetScore => ({
  name,
  average,
  interval: { low, high },
  n: 120,
});

test('it names the most and the least familiar set, with interval and n', () => {
  const text = familiaritySentence('M', 'median perplexity', [
    score('A', 2, 1.9, 2.1),
    score('B', 5, 4.5, 5.5),
    score('C', 20, 18, 22),
  ]);
  expect(text).toBe(
    'A is the most familiar to M: median perplexity 2.00 (95 % interval 1.90–2.10). ' +
      'C is the least familiar: 20.0 (95 % interval 18.0–22.0), 10 times as high. 120 answers a set.',
  );
});

test('it says when the first place is not settled', () => {
  const text = familiaritySentence('M', 'median perplexity', [
    score('A', 2, 1.9, 2.3),
    score('B', 2.2, 2.1, 2.5),
  ]);
  expect(text).toContain('The intervals of A and B overlap');
});

test('one set is described, not compared; none is said to be none', () => {
  expect(familiaritySentence('M', 'median perplexity', [score('A', 2, 1.9, 2.1)])).toBe(
    'A has a median perplexity 2.00 (95 % interval 1.90–2.10) for M, over 120 answers.',
  );
  expect(familiaritySentence('M', 'median perplexity', [])).toBe('Nothing is measured yet.');
});
