/** Multiple choice: acc by whole log-likelihood, acc_norm by log-likelihood a byte. */
import { expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { answerPlace } from '../../src/evaluate/answer-place.ts';
import { chooseOptions } from '../../src/evaluate/choose-option.ts';
import { judgeAnswer } from '../../src/evaluate/extract-answer.ts';

const questions = [
  {
    id: 'q1',
    text: 'Where?',
    gold: 'in the big red house',
    options: ['here', 'in the big red house'],
  },
  { id: 'q2', text: 'Who?', gold: 'Ann', options: ['Ann', 'Bob', 'Zoë'] },
];
const nll: Record<string, number> = {
  here: 4,
  'in the big red house': 10,
  Ann: 2,
  Bob: 2,
  Zoë: 2.5,
};
const measure = (rows: readonly { id: string; question: string; response: string }[]) =>
  Promise.resolve(
    rows
      .map(({ id, response }) => ({
        rowId: id,
        nllSum: nll[response]!,
        bytes: new TextEncoder().encode(response).length,
        tokens: response.split(' ').length,
      }))
      .reverse(),
  );

it('takes the likeliest option, and beside it the likeliest a byte', async () => {
  const [first, second] = await chooseOptions(questions, measure);
  // 4 nats against 10, but 1 a byte against one half.
  expect(first).toMatchObject({
    id: 'q1',
    response: 'here',
    strict: false,
    flexible: true,
    flexibleAnswer: 'in the big red house',
    options: [
      { nllSum: 4, bytes: 4 },
      { nllSum: 10, bytes: 20 },
    ],
  });
  // Of equals the first; ë takes two bytes, so that per byte Zoë wins: 2.5/4 < 2/3.
  expect(second).toMatchObject({ strictAnswer: 'Ann', strict: true, flexibleAnswer: 'Zoë' });
  expect(second!.flexible).toBe(false);
});

it('refuses a question of which an option could not be measured', async () => {
  const some = async (rows: Parameters<typeof measure>[0]) => (await measure(rows)).slice(1);
  await expect(chooseOptions(questions, some)).rejects.toThrow(DataError);
  await expect(chooseOptions(questions, some)).rejects.toThrow(/q2.*"Zoë"/);
});

it('judges a written answer by its marked option', () => {
  const rule = { kind: 'multiple-choice' } as const;
  const judged = (text: string) => judgeAnswer(rule, text, 'the park');
  expect(judged('They run, so …\nFinal Answer: the park')).toMatchObject({ strict: true });
  expect(judged('**Final Answer:** The Park.')).toMatchObject({ strict: false, flexible: true });
  expect(judged('the park')).toMatchObject({ strict: false, flexible: false });
  expect(answerPlace(rule, 'whatever', 'the park')).toEqual({ beginning: '', ending: 'the park' });
});
