/** Strict and flexible extraction on texts as models write them, with the traps of each form. */
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { judgeAnswer, type AnswerRule } from '../../src/evaluate/extract-answer.ts';

const judge = (rule: AnswerRule, response: string, gold: string) => {
  const { strict, flexible } = judgeAnswer(rule, response, gold);
  return [strict, flexible];
};

describe('world answers', () => {
  const rule: AnswerRule = { kind: 'world' };
  it.each([
    ['Rob has 7 + 8 = 15. Answer: 15', '15', true, true],
    ['Answer: 9. No, wait. Answer: 15.', '15', true, true],
    ['Rob has 7 + 8 = 15 apples', '15', false, true],
    ['Answer: 15 apples', '15', false, false],
    ['the list becomes 3, 4, 9. Answer: 3, 4, 9', '3, 4, 9', true, true],
    ['the list becomes 3, 4, 9', '3, 4, 9', false, true],
    ['day 2 is a Sunday', 'Sunday', false, true],
    ['Answer: 22', '2', false, false],
    ['each gets 12.5', '5', false, false],
    ['each gets 12.5', '1', false, false],
    ['each gets 5. So 12.5', '5', false, true],
    ['Answer: 1.5', '15', false, false],
    ['Answer: 8+7=15', '15', false, false],
    ['', '2', false, false],
  ])('%j with gold %s', (response, gold, strict, flexible) => {
    expect(judge(rule, response, gold)).toEqual([strict, flexible]);
  });
});

describe('grade-school answers', () => {
  const rule: AnswerRule = { kind: 'final-answer' };
  it.each([
    ['So she pays $18.\nFinal Answer: 18', '18', true, true],
    ['9 * 2 = <<9*2=18>>18\n#### 18', '18', true, true],
    ['**Final Answer:** $1,234.50', '1234.5', true, true],
    ['Final Answer: 17. The cost is 18', '18', false, false],
    ['The cost is $1,018 in all.', '1018', false, true],
    ['It is 5, 18', '18', false, true],
    ['Final answer: -3', '-3', true, true],
    ['#### 3 + 4 = 7', '7', true, true],
    ['#### 7 = 3 + 4', '7', true, true],
    ['#### 18 (as 20 - 2 = 18, not 17)', '18', true, true],
    ['Final Answer: The total is 18 apples', '18', false, true],
    ['Final Answer:\n18', '18', true, true],
    ['I do not know.', '18', false, false],
  ])('%j with gold %s', (response, gold, strict, flexible) => {
    expect(judge(rule, response, gold)).toEqual([strict, flexible]);
  });
});

describe('custom patterns', () => {
  it('take the first group of the last match', () => {
    const rule: AnswerRule = { kind: 'pattern', pattern: '^=> (.*)$' };
    expect(judge(rule, 'x\n=> no\n=> Yes', 'Yes')).toEqual([true, true]);
    expect(judge(rule, '=>  yes.', 'Yes')).toEqual([false, true]);
    expect(judge(rule, 'Yes', 'Yes')).toEqual([false, false]);
  });

  it('are refused when they are no regular expression', () => {
    expect(() => judge({ kind: 'pattern', pattern: '(' }, '', '')).toThrow(DataError);
  });
});

describe('text answers', () => {
  const rule: AnswerRule = { kind: 'final-answer' };
  it.each([
    ['They rain, so it melts.\nFinal Answer: snow', 'snow', true, true],
    ['Final Answer: **Snow.**', 'snow', false, true],
    ['So the answer is snow.', 'snow', false, true],
    ['\\boxed{\\text{snow}}', 'snow', false, true],
    ['snow', 'Snow', false, true],
    ['Final Answer: rock', 'snow', false, false],
    ['Final Answer: iPhone 12', 'Galaxy 12', false, false],
    ['Final Answer: 3, 4, 9', '[3, 4, 9]', true, true],
    ['', 'snow', false, false],
  ])('%j with gold %s', (response, gold, strict, flexible) => {
    expect(judge(rule, response, gold)).toEqual([strict, flexible]);
  });
});

describe('right answers', () => {
  const rule: AnswerRule = { kind: 'final-answer' };
  it.each([
    'She bakes 3*24=<<3*24=72>>72 rolls.\n#### 72',
    '#### 72 rolls',
    'Some reasoning.\nFinal Answer: 72',
    'Three trays of 24, so $\\boxed{72}$ in all, of 80.',
    'She bakes 72 rolls.',
    'The answer is 72',
    '3*24 = 72',
    '$72',
    '72.0',
    '72 rolls',
  ])('%j go through the same extraction', (gold) => {
    expect(judge(rule, 'Final Answer: 72', gold)).toEqual([true, true]);
    expect(judge(rule, 'Final Answer: 7.2', gold)).toEqual([false, false]);
  });

  it('follow a pattern too, unless they are numbers already', () => {
    const pattern: AnswerRule = { kind: 'pattern', pattern: 'answer is (\\d+)' };
    expect(judge(pattern, 'so the answer is 72', 'the answer is 72')).toEqual([true, true]);
    const last: AnswerRule = { kind: 'pattern', pattern: '(\\d+)' };
    expect(judge(last, '5,000', '1,000')).toEqual([false, false]);
  });

  it('of options are named by text, letter or label', () => {
    const rule: AnswerRule = { kind: 'multiple-choice' };
    const options = ['rock', 'snow', 'iron'];
    const right = (response: string, gold: string, labels?: string[]) =>
      judgeAnswer(rule, response, gold, { options, labels }).flexible;
    expect(right('Final Answer: B', 'snow')).toBe(true);
    expect(right('Final Answer: (b)', 'snow')).toBe(true);
    expect(right('Final Answer: B) snow', 'snow')).toBe(true);
    expect(right('Final Answer: Snow.', 'B')).toBe(true);
    expect(right('Final Answer: 2', 'snow', ['1', '2', '3'])).toBe(true);
    expect(right('Final Answer: B) rock', 'snow')).toBe(false);
    expect(right('Final Answer: A', 'snow')).toBe(false);
    expect(right('snow', 'snow')).toBe(true);
    expect(right('Snow melts.', 'snow')).toBe(false);
  });
});
