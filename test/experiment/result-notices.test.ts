import { expect, it } from 'vitest';
import { noticesOfResults } from '../../src/experiment/report/result-notices.ts';
import type { StageResult } from '../../src/experiment/run/results.ts';

const answer = (rowId: string, cut = false) => ({
  rowId,
  tokens: 3,
  distinctTokens: 3,
  bytes: 9,
  nllSum: 1,
  clippedNllSum: 1,
  likeliest: 1,
  ...(cut && { cut: true as const }),
});

it('names the answers of a set that a model could not take, and those that were cut', () => {
  const rows = ['a', 'b', 'c'].map((id) => ({ id, question: id, response: id }));
  const results: StageResult[] = [
    {
      kind: 'set',
      id: 'set.human',
      set: { id: 'human', name: 'human', rows },
      made: {},
      correct: [true, true, true],
      sha256: '',
      seconds: 0,
    },
    {
      kind: 'familiarity',
      id: 'familiarity.m.human',
      model: 'm',
      set: 'human',
      answers: [answer('a'), answer('c', true)],
      seconds: 0,
    },
  ];
  expect(noticesOfResults(results)).toEqual([
    {
      kind: 'dropped',
      text: 'human: under m, 1 answer was not measured: empty, or the question fills the context.',
      places: ['b'],
    },
    {
      kind: 'cut',
      text: 'human: under m, 1 answer was cut to the context, and measured as far as it reaches.',
      places: ['c'],
    },
  ]);
});
