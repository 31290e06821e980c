/** Our extraction beside lm-evaluation-harness's for gsm8k: the same answers, but for differences with a reason. */
import { describe, expect, it } from 'vitest';
import { judgeAnswer } from '../../src/evaluate/extract-answer.ts';
import { fixtureJson } from '../support/fixtures.ts';

interface Filtered {
  answer: string;
  right: boolean;
}
interface Case {
  response: string;
  gold: string;
  strict: Filtered;
  flexible: Filtered;
}
type Way = 'strict' | 'flexible';

/** Why (as src/evaluate/final-answer.ts explains it), in which way, and what we judge instead. */
const differences: [
  reason: string,
  response: string,
  gold: string,
  ours: Partial<Record<Way, boolean>>,
][] = [
  ['marker', 'Final Answer: 18', '18', { strict: true }],
  ['marker', '**Final Answer:** $1,234.50', '1234.50', { strict: true }],
  ['marker', '####72', '72', { strict: true }],
  ['marker', '####  72', '72', { strict: true }],
  ['marker', '#### **72**', '72', { strict: true }],
  ['marked-first', 'Final Answer: 17. The cost is 18', '18', { strict: false, flexible: false }],
  ['marked-first', 'Final Answer: 17. The cost is 18', '17', { strict: true, flexible: true }],
  ['marked-first', '#### 18 apples, see line 3', '18', { flexible: true }],
  ['marked-first', '#### 72\nThat is 3 trays.', '72', { flexible: true }],
  ['last-marker', '#### 5\nNo, wait.\n#### 6', '6', { strict: true }],
  ['last-marker', '#### 5\nNo, wait.\n#### 6', '5', { strict: false }],
  ['boxed', 'So it is $\\boxed{18}$, as 9 times 2 shows.', '18', { flexible: true }],
  ['sign', 'It fell to −5 degrees.', '-5', { flexible: true }],
  ['sign', '#### −5', '-5', { strict: true, flexible: true }],
  ['sign', 'Take 10-5', '5', { flexible: true }],
  ['sign', 'It flew a B-52', '52', { flexible: true }],
  ['money', '#### $72', '72', { strict: true }],
  ['money', '#### €72', '72', { strict: true, flexible: true }],
  ['number', '#### 007', '7', { strict: true, flexible: true }],
  ['number', 'The share is 1/2', '1/2', { flexible: true }],
  ['number', 'The share is 1/2', '2', { flexible: false }],
  ['number', '#### 1/2', '0.5', { strict: true, flexible: true }],
  ['number', 'He needs 2 1/2 cups', '2.5', { flexible: true }],
  ['number', 'That is 1.5e3 grams', '1500', { flexible: true }],
  ['number', 'That is 1.5 × 10^3 grams', '1500', { flexible: true }],
  ['number', '#### 3', '3.0', { strict: true, flexible: true }],
  ['number', '#### 3.0', '3', { strict: true, flexible: true }],
  ['number', 'It is 29.00', '29', { flexible: true }],
  ['number', '#### 1.234,5', '1234.5', { strict: true, flexible: true }],
  ['number', 'The sum is 1 234', '1234', { flexible: true }],
  ['result', '#### 3 + 4 = 7', '7', { strict: true }],
  ['no-number', 'It is 72...', '72', { flexible: true }],
  ['no-number', 'She pays 7 $.', '7', { flexible: true }],
  ['no-number', 'It starts at 3:30', '30', { flexible: false }],
  ['no-number', 'In version 1.2.3', '1.2.3', { flexible: false }],
  ['no-number', 'The numbers are 3,4,9', '349', { flexible: false }],
];

/** As the harness's exact_match writes an answer before it compares. */
const written = (answer = '[invalid]') => answer.replace(/[,$]/g, '').replace(/\.$/, '');

const cases = await fixtureJson<Case[]>('gsm8k-filters.json');

describe.each(['strict', 'flexible'] as const)('%s', (way) => {
  it.each(cases)('$response, right $gold', ({ response, gold, [way]: theirs }) => {
    const judged = judgeAnswer({ kind: 'final-answer' }, response, gold);
    const difference = differences.find(
      ([, text, right, ours]) => text === response && right === gold && ours[way] !== undefined,
    );
    if (difference) {
      expect(judged[way]).toBe(difference[3][way]);
      // What is listed as a difference is one.
      expect([written(judged[`${way}Answer`]), judged[way]]).not.toEqual([
        theirs.answer,
        theirs.right,
      ]);
    } else {
      expect([written(judged[`${way}Answer`]), judged[way]]).toEqual([theirs.answer, theirs.right]);
    }
  });
});

it('lists only differences that the table has', () => {
  for (const [, response, gold] of differences) {
    expect(cases.some((one) => one.response === response && one.gold === gold)).toBe(true);
  }
});
