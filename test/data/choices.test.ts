/** Multiple-choice questions from files: the right option by label, text, letter or index, in every layout. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasChoices, readChoices } from '../../src/data/choices.ts';
import { guessTable, readRecords } from '../../src/data/records.ts';
import { DataError } from '../../src/errors.ts';
import { parseTable } from '../../src/exchange/read-table.ts';

const lines = (...records: object[]) =>
  parseTable(records.map((record) => JSON.stringify(record)).join('\n'), 'quiz.jsonl');
const right = (...records: object[]) => readChoices(lines(...records)).rows.map(({ gold }) => gold);
const fixture = (name: string) =>
  parseTable(
    readFileSync(new URL(`../fixtures/cases/choices/${name}`, import.meta.url), 'utf8'),
    name,
  );

it('finds the right option by its text, its letter, or its index from 0', () => {
  const options = ['cat', 'dog', 'cow'];
  const { notices, name, rows } = readChoices(
    lines(
      { id: 'x', question: 'Which?', options, gold: 'dog' },
      { id: 'y', question: 'Which?', choices: options, answer: 'c' },
      { id: 7, question: 'Which?', options, gold: 0 },
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
  expect(notices).toBeUndefined();
});

describe('layouts', () => {
  it('reads MMLU: a number is an index, even where it is an option too', () => {
    const { notices, rows } = readChoices(fixture('mmlu-index.jsonl'));
    expect(rows.map(({ gold }) => gold)).toEqual(['2', '3', '3']);
    expect(notices).toMatchObject([
      {
        kind: 'assumed',
        places: ['mmlu-index.jsonl, line 1', 'mmlu-index.jsonl, line 2'],
      },
    ]);
  });

  it('reads ARC: labels beside texts, whatever they are called', () => {
    const table = fixture('arc-original.jsonl');
    expect(hasChoices(table)).toBe(true);
    expect(readChoices(table).rows).toEqual([
      {
        id: 'r1',
        question: 'What melts in the sun?',
        response: 'snow',
        gold: 'snow',
        options: ['rock', 'snow', 'iron', 'glass'],
        labels: ['1', '2', '3', '4'],
      },
    ]);
    const choices = { text: ['rock', 'snow'], label: ['A', 'B'] };
    expect(right({ question: 'Q?', choices, answerKey: 'B' })).toEqual(['snow']);
    // Options that are numbers: a label goes before a text.
    const numbers = { text: ['2', '1'], label: ['1', '2'] };
    expect(right({ question: 'Q?', choices: numbers, answerKey: '2' })).toEqual(['1']);
    expect(right({ question: 'Q?', choices: numbers, answerKey: 2 })).toEqual(['1']);
    // The authors' own files.
    const stem = {
      stem: 'Q?',
      choices: [
        { text: 'rock', label: '1' },
        { text: 'snow', label: '2' },
      ],
    };
    expect(right({ question: stem, answerKey: '2' })).toEqual(['snow']);
  });

  it('reads HellaSwag: the label is an index written as text', () => {
    const endings = ['0', '1', '2', 'swims'];
    expect(right({ ind: 4, ctx: 'A man', endings, label: '3' })).toEqual(['swims']);
    expect(right({ ind: 4, ctx: 'A man', endings, label: 1 })).toEqual(['1']);
  });

  it('reads OpenBookQA and CommonsenseQA', () => {
    const choices = { label: ['A', 'B', 'C', 'D', 'E'], text: ['a1', 'b1', 'c1', 'd1', 'e1'] };
    expect(right({ id: '1', question_stem: 'Q?', choices, answerKey: 'D' })).toEqual(['d1']);
    expect(
      right({ id: '1', question: 'Q?', question_concept: 'c', choices, answerKey: 'E' }),
    ).toEqual(['e1']);
  });

  it('reads PIQA, BoolQ, TruthfulQA and WinoGrande', () => {
    expect(right({ goal: 'Open it', sol1: 'pull', sol2: 'push', label: 1 })).toEqual(['push']);
    expect(right({ goal: 'Open it', sol1: 'pull', sol2: 'push', label: '0' })).toEqual(['pull']);
    const { rows } = readChoices(
      lines({ question: 'is snow white', passage: 'Snow is white.', answer: true }),
    );
    expect(rows[0]).toMatchObject({
      question: 'Snow is white.\nis snow white?',
      options: ['no', 'yes'],
      gold: 'yes',
    });
    expect(right({ question: 'q', passage: 'p', label: 0 })).toEqual(['no']);
    const targets = { choices: ['x', 'y', 'z'], labels: [0, 0, 1] };
    expect(right({ question: 'Q?', mc1_targets: targets, mc2_targets: targets })).toEqual(['z']);
    expect(right({ question: 'Q?', mc1_targets: { x: 0, y: 1 } })).toEqual(['y']);
    expect(right({ sentence: 'The _ fell.', option1: 'cup', option2: 'jar', answer: '2' })).toEqual(
      ['jar'],
    );
  });

  it('reads options by letter, in an object, in columns, or as JSON in a cell', () => {
    expect(
      right({ question: 'Q?', options: { A: 'x', B: 'y' }, answer: 'y', answer_idx: 'B' }),
    ).toEqual(['y']);
    expect(right({ question: 'Q?', A: 'x', B: 'y', C: 'z', D: 'w', answer: 'C' })).toEqual(['z']);
    const csv = parseTable('question,choices,answer\nQ?,"[""x"",""y""]",1\n', 'quiz.csv');
    expect(readChoices(csv).rows[0]!.gold).toBe('y');
    expect(right({ article: 'Text.', question: 'Q?', options: ['x', 'y'], answer: 'B' })).toEqual([
      'y',
    ]);
  });
});

it('takes digits in quotes as indexes unless all of them are options', () => {
  const first = { question: 'Q?', choices: ['1', '2', '3'], answer: '1' };
  expect(right(first, { question: 'R?', choices: ['x', 'y', 'z'], answer: '2' })).toEqual([
    '2',
    'z',
  ]);
  const { notices, rows } = readChoices(lines(first));
  expect(rows[0]!.gold).toBe('1');
  expect(notices).toMatchObject([{ kind: 'assumed', places: ['quiz.jsonl, record 1'] }]);
});

it('names questions with two equal options', () => {
  const { notices, rows } = readChoices(
    lines({ question: 'Q?', options: ['yes', 'yes'], gold: 'yes' }),
  );
  expect(rows).toHaveLength(1);
  expect(notices).toMatchObject([{ kind: 'doubtful', places: ['quiz.jsonl, record 1'] }]);
});

it('lists everything that cannot be read, with its line', () => {
  const call = () =>
    readChoices(
      lines(
        { question: 'Fine?', options: ['yes', 'no'], gold: 'yes' },
        { question: 'Gone?', options: ['yes', 'no'], gold: 'perhaps' },
        { question: 'One?', options: ['yes'], gold: 'yes' },
        { options: ['yes', 'no'], gold: 'yes' },
        { question: 'Far?', options: ['yes', 'no'], gold: 2 },
        { question: 'Which?', choices: { text: ['a', 'b'], label: ['1', '2'] }, answerKey: '3' },
        { question: 'None?', ctx: 'x', endings: ['a', 'b'], label: '' },
        { question: 'None?' },
      ),
    );
  expect(call).toThrow(DataError);
  try {
    call();
  } catch (error) {
    expect((error as DataError).problems).toEqual([
      'quiz.jsonl, line 2: no option is named perhaps; expected A to B, the text of an option, or an index from 0 to 1',
      'quiz.jsonl, line 3: "options" is not a list of at least two texts',
      'quiz.jsonl, line 4: there is no "question"',
      'quiz.jsonl, line 5: no option is named 2; expected A to B, the text of an option, or an index from 0 to 1',
      'quiz.jsonl, line 6: no option is named 3; expected 1 to 2, the text of an option, or an index from 0 to 1',
      'quiz.jsonl, line 7: it does not say which option is right ("gold", "answer", "answerKey" or "label")',
      'quiz.jsonl, line 8: there are no "options" or "choices"',
    ]);
  }
});

describe('as a file of answers', () => {
  const read = (...records: object[]) => {
    const table = lines(...records);
    const { format, mapping } = guessTable(table);
    return { format, mapping, rows: readRecords(table, mapping).sets[0]!.rows };
  };

  it('has the right option for an answer', () => {
    const table = fixture('arc-original.jsonl');
    const { mapping, format } = guessTable(table);
    expect(format).toBe('multiple-choice');
    expect(readRecords(table, mapping).sets).toMatchObject([
      {
        name: 'arc-original',
        rows: [{ id: 'r1', response: 'snow', gold: 'snow', labels: ['1', '2', '3', '4'] }],
      },
    ]);
    const mmlu = fixture('mmlu-index.jsonl');
    const { sets } = readRecords(mmlu, guessTable(mmlu).mapping);
    expect(sets[0]!.rows.map(({ response }) => response)).toEqual(['2', '3', '3']);
    expect(sets[0]!.notices).toHaveLength(1);
  });

  it('keeps an answer beside the options, with the right one as gold', () => {
    const { rows } = read({
      question: 'Q?',
      choices: ['x', 'y'],
      answer: 1,
      response: 'Final Answer: y',
    });
    expect(rows).toMatchObject([{ response: 'Final Answer: y', gold: 'y', options: ['x', 'y'] }]);
  });

  it('keeps a conversation beside the options', () => {
    const { rows } = read({
      prompt: [
        { role: 'system', content: 'S' },
        { role: 'user', content: 'Q?' },
      ],
      completion: [{ role: 'assistant', content: 'Final Answer: y' }],
      options: ['x', 'y'],
      gold: 'y',
    });
    expect(rows).toMatchObject([
      { question: 'Q?', response: 'Final Answer: y', options: ['x', 'y'] },
    ]);
  });

  it('tells writers called A and B from options', () => {
    const { mapping } = read({ question: 'Q?', A: 'it is 5', B: 'five', gold: '5' });
    expect(mapping.choices).toBeUndefined();
    expect(mapping.responses).toEqual(['A', 'B']);
    expect(read({ question: 'Q?', passage: 'P', answer: 'some words' }).format).toBe('study');
  });

  it('says of each record why it cannot be read', () => {
    expect(() =>
      read(
        { question: 'Q?', options: ['x', 'y'], gold: 'z' },
        { question: 'R?', options: ['x', 'y'], gold: 'x' },
      ),
    ).toThrow(/line 1: no option is named z/);
  });
});
