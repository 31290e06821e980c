/** Batches by length, outcomes in order, shares with their intervals. */
import type { Conversation } from '../../src/data/response-set.ts';
import { describe, expect, it } from 'vitest';
import {
  accuracyByFamily,
  accuracyOf,
  evaluateAnswers,
  type EvaluationQuestion,
} from '../../src/evaluate/accuracy.ts';

const questions: EvaluationQuestion[] = ['ccc', 'a', 'bb', 'dddd', 'e'].map((text, i) => ({
  id: `q${i}`,
  text,
  gold: String(text.length),
  family: text.length > 1 ? 'long' : 'short',
}));

const textOf = ({ messages }: Conversation) => messages.at(-1)!.content;

async function run(batchSize: number, batches: string[][] = []) {
  const reported: number[] = [];
  const outcomes = await evaluateAnswers(questions, {
    rule: { kind: 'world' },
    lengthOf: (conversation) => textOf(conversation).length,
    batchSize,
    report: (done) => Promise.resolve(void reported.push(done)),
    answer: (conversations) => {
      const texts = conversations.map(textOf);
      batches.push(texts);
      // "dddd" is answered wrong, "bb" right but without the marker.
      const say = (text: string) =>
        text === 'bb' ? 'it is 2' : `Answer: ${text === 'dddd' ? 5 : text.length}`;
      return Promise.resolve(texts.map((text) => ({ text: say(text), tokens: 3, ended: true })));
    },
  });
  return { outcomes, reported };
}

describe('evaluation', () => {
  it('groups by length and keeps the order of the questions', async () => {
    const batches: string[][] = [];
    const { outcomes, reported } = await run(2, batches);
    expect(batches).toEqual([['a', 'e'], ['bb', 'ccc'], ['dddd']]);
    expect(reported).toEqual([2, 4, 5]);
    expect(outcomes.map(({ id }) => id)).toEqual(['q0', 'q1', 'q2', 'q3', 'q4']);
    expect(outcomes.map(({ strict }) => strict)).toEqual([true, true, false, false, true]);
    expect(outcomes.map(({ flexible }) => flexible)).toEqual([true, true, true, false, true]);
  });

  it('does not depend on the size of batches', async () => {
    expect((await run(1)).outcomes).toEqual((await run(5)).outcomes);
  });

  it('counts strict and flexible apart, in all and by family', async () => {
    const { outcomes } = await run(5);
    expect(accuracyOf(outcomes, 'strict')).toMatchObject({ correct: 3, n: 5, share: 0.6 });
    const flexible = accuracyOf(outcomes, 'flexible');
    expect(flexible.correct).toBe(4);
    // Wilson 4/5 by SciPy's proportion_ci(method='wilson').
    expect(flexible.interval.low).toBeCloseTo(0.3755346, 6);
    expect(flexible.interval.high).toBeCloseTo(0.9637759, 6);
    const families = accuracyByFamily(questions, outcomes, 'strict');
    expect([...families].map(([family, { correct, n }]) => [family, correct, n])).toEqual([
      ['long', 1, 3],
      ['short', 2, 2],
    ]);
  });
});
