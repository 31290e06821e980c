/** Multiple-choice questions from files: the right option by text, letter or place. */
import { expect, it } from 'vitest';
import { readChoices } from '../../src/data/choices.ts';
import { DataError } from '../../src/errors.ts';
import { parseTable } from '../../src/exchange/read-table.ts';

const lines = (...records: object[]) =>
  parseTable(records.map((record) => JSON.stringify(record)).join('\n'), 'quiz.jsonl');

it('finds the right option by its text, its letter, or its place from 0', () => {
  const options = ['cat', 'dog', 'cow'];
  const { rows, name } = readChoices(
    lines(
      { id: 'x', question: 'Which?', options, gold: 'dog' },
      { id: 'y', question: 'Which?', choices: options, answer: 'c' },
      { id: 7, question: 'Which?', options, gold: 0 },
      // A text that is there goes before a place.
      { id: 'z', question: 'How many?', options: ['2', '1'], gold: '1' },
    ),
  );
  expect(name).toBe('quiz');
  expect(rows.map(({ id, gold, response }) => [id, gold, response])).toEqual([
    ['x', 'dog', 'dog'],
    ['y', 'cow', 'cow'],
    ['7', 'cat', 'cat'],
    ['z', '1', '1'],
  ]);
  expect(rows[0]!.options).toEqual(options);
});

it('lists everything that cannot be read, with its line', () => {
  const call = () =>
    readChoices(
      lines(
        { question: 'Fine?', options: ['yes', 'no'], gold: 'yes' },
        { question: 'Gone?', options: ['yes', 'no'], gold: 'perhaps' },
        { question: 'One?', options: ['yes'], gold: 'yes' },
        { options: ['yes', 'no'], gold: 'yes' },
        { question: 'Twice?', options: ['yes', 'yes'], gold: 'yes' },
        { question: 'Far?', options: ['yes', 'no'], gold: 2 },
      ),
    );
  expect(call).toThrow(DataError);
  try {
    call();
  } catch (error) {
    expect((error as DataError).problems).toEqual([
      'quiz.jsonl, line 2: "gold" names no option: perhaps',
      'quiz.jsonl, line 3: "options" is no list of at least two texts',
      'quiz.jsonl, line 4: there is no "question"',
      'quiz.jsonl, line 5: two options are the same',
      'quiz.jsonl, line 6: "gold" names no option: 2',
    ]);
  }
});
