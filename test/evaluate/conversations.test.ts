/** Questions that are the last turn of a conversation. */
import { describe, expect, it } from 'vitest';
import type { Conversation, ResponseRow } from '../../src/data/response-set.ts';
import { DataError } from '../../src/errors.ts';
import { evaluateAnswers } from '../../src/evaluate/accuracy.ts';
import { inStyle, judgeOwn } from '../../src/evaluate/own-style.ts';

const turn = (role: string, content: string) => ({ role, content });
const messages = [
  turn('system', 'Be brief.'),
  turn('user', 'I had 12.'),
  turn('assistant', 'Noted.'),
  turn('user', 'How many?'),
];

it('puts all turns to the model, and names the questions that have no place in the prompt', async () => {
  const prompts: Conversation[] = [];
  const options = {
    rule: { kind: 'final-answer' } as const,
    answer: (conversations: readonly Conversation[]) => {
      prompts.push(...conversations);
      return Promise.resolve(conversations.map(() => ({ text: '12', tokens: 1, ended: true })));
    },
    lengthOf: () => 1,
    batchSize: 2,
    report: () => Promise.resolve(),
  };
  const questions = [{ id: 'a', text: 'How many?', messages, gold: '12' }];
  const [outcome] = await evaluateAnswers(questions, options);
  expect(outcome!.flexible).toBe(true);
  expect(prompts).toEqual([{ messages }]);
  const refusing = {
    ...options,
    lengthOf: () => {
      throw new DataError('There is no system role.');
    },
  };
  await expect(evaluateAnswers(questions, refusing)).rejects.toMatchObject({
    problems: ['a: There is no system role.'],
  });
});

describe('answers in a model’s own style', () => {
  const row = (id: string, more: object = {}): ResponseRow => ({
    ...{ id, question: `Q${id}`, response: '1', gold: '1' },
    ...more,
  });

  it('keep their system turn and what was said before; examples show theirs', () => {
    const rows = [row('1', { messages }), row('2'), row('3')];
    const answers = rows.map((one) => judgeOwn({ kind: 'final-answer' }, one, 'It is 1.'));
    const styled = inStyle({ id: 's', name: 's', rows }, answers, 2)!;
    const last = styled.rows[0]!.messages!;
    expect(last.slice(0, 3)).toEqual(messages.slice(0, 3));
    expect(last[3]!.content).toBe(
      'Question: Q2\nAnswer: It is 1.\n\nQuestion: Q3\nAnswer: It is 1.\n\nQuestion: Q1\nAnswer:',
    );
    expect(styled.rows[1]!.question).toContain(
      'System: Be brief.\n\nQuestion: I had 12.\nAnswer: Noted.\n\nQuestion: How many?\nAnswer: It is 1.\n\n',
    );
  });
});
