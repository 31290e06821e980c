import { describe, expect, it } from 'vitest';
import { guessTable, previewRecords, readRecords } from '../../src/data/records.ts';
import type { Table } from '../../src/data/table.ts';
import { columnsOf } from '../../src/data/table.ts';
import { DataError } from '../../src/errors.ts';

function table(records: Record<string, unknown>[], fileName = 'answers.jsonl'): Table {
  const rows = records.map((values, i) => ({ line: i + 1, values }));
  return { fileName, rows, columns: columnsOf(rows), notices: [] };
}

function read(...records: Record<string, unknown>[]) {
  const source = table(records);
  const guess = guessTable(source);
  return { format: guess.format, ...readRecords(source, guess.mapping) };
}

const turn = (role: string, content: string) => ({ role, content });

describe('record formats', () => {
  it('reads prompt and completion', () => {
    const { format, sets } = read({ prompt: 'Two plus two?', completion: 'Four.' });
    expect(format).toBe('prompt-completion');
    expect(sets).toHaveLength(1);
    expect(sets[0]).toMatchObject({ id: 'answers', name: 'answers', derivedIds: true });
    expect(sets[0]!.rows[0]).toMatchObject({ question: 'Two plus two?', response: 'Four.' });
    expect(sets[0]!.rows[0]).not.toHaveProperty('messages');
  });

  it('reads conversational prompt and completion, keeping the turns before the answer', () => {
    const prompt = [turn('system', 'Be brief.'), turn('user', 'Two plus two?')];
    const { format, sets } = read({ prompt, completion: [turn('assistant', 'Four.')] });
    expect(format).toBe('conversational');
    expect(sets[0]!.rows[0]).toMatchObject({
      question: 'Two plus two?',
      response: 'Four.',
      messages: prompt,
    });
  });

  it('reads chats: the last assistant turn answers all before it', () => {
    const messages = [
      turn('user', 'Hello'),
      turn('assistant', 'Hello.'),
      turn('user', 'Two plus two?'),
      turn('assistant', 'Four.'),
    ];
    const { format, sets } = read({ messages });
    expect(format).toBe('messages');
    expect(sets[0]!.rows[0]).toMatchObject({
      question: 'Two plus two?',
      response: 'Four.',
      messages: messages.slice(0, 3),
    });
    const single = read({ messages: JSON.stringify(messages.slice(2)) });
    expect(single.sets[0]!.rows[0]).toMatchObject({ question: 'Two plus two?', response: 'Four.' });
    expect(single.sets[0]!.rows[0]).not.toHaveProperty('messages');
  });

  it('reads ShareGPT', () => {
    const { format, sets } = read({
      conversations: [
        { from: 'human', value: 'Two plus two?' },
        { from: 'gpt', value: 'Four.' },
      ],
    });
    expect(format).toBe('sharegpt');
    expect(sets[0]!.rows[0]).toMatchObject({ question: 'Two plus two?', response: 'Four.' });
  });

  it('reads Alpaca with input, system and history', () => {
    const { format, sets } = read(
      { instruction: 'Add', input: '2 and 2', output: '4' },
      {
        instruction: 'And now?',
        input: '',
        output: '5',
        system: 'Be brief.',
        history: [['Add 2 and 2', '4']],
      },
    );
    expect(format).toBe('alpaca');
    expect(sets[0]!.rows[0]).toMatchObject({ question: 'Add\n2 and 2', response: '4' });
    expect(sets[0]!.rows[1]!.messages).toEqual([
      turn('system', 'Be brief.'),
      turn('user', 'Add 2 and 2'),
      turn('assistant', '4'),
      turn('user', 'And now?'),
    ]);
  });

  it('reads study files with a numeric gold answer, ignoring unknown keys', () => {
    const { format, sets } = read({
      question: 'Two plus two?',
      input: '',
      answer: 'It is 4. Final Answer: 4',
      numerical_final_answer: 4,
      rewirte: 'ignored',
    });
    expect(format).toBe('study');
    expect(sets[0]!.rows[0]).toMatchObject({
      question: 'Two plus two?',
      response: 'It is 4. Final Answer: 4',
      gold: '4',
    });
  });

  it('reads preference pairs as two sets, with the prompt apart or inside', () => {
    const apart = read({ prompt: 'Q', chosen: 'good', rejected: 'bad' });
    expect(apart.format).toBe('preference');
    expect(apart.sets.map((set) => [set.name, set.rows[0]!.response])).toEqual([
      ['chosen', 'good'],
      ['rejected', 'bad'],
    ]);
    const inside = read({
      chosen: [turn('user', 'Q'), turn('assistant', 'good')],
      rejected: [turn('user', 'Q'), turn('assistant', 'bad')],
    });
    expect(inside.sets.map((set) => [set.rows[0]!.question, set.rows[0]!.response])).toEqual([
      ['Q', 'good'],
      ['Q', 'bad'],
    ]);
  });

  it('reads response-set files, whatever the writers are called', () => {
    const { format, sets } = read(
      JSON.parse(
        '{"id":7,"prompt":"Q","responses":{"gpt4":"a","__proto__":"b","GPT 4":null}}',
      ) as Record<string, unknown>,
      { id: 8, prompt: 'R', responses: { 'GPT 4': 'c', gpt4: 'd' } },
    );
    expect(format).toBe('response-sets');
    expect(sets.map((set) => [set.name, set.rows.map((row) => [row.id, row.response])])).toEqual([
      [
        'gpt4',
        [
          ['7', 'a'],
          ['8', 'd'],
        ],
      ],
      ['__proto__', [['7', 'b']]],
      ['GPT 4', [['8', 'c']]],
    ]);
    expect(new Set(sets.map((set) => set.id)).size).toBe(3);
  });

  it('reads question and response, where "answer" is then the correct one', () => {
    const { format, sets } = read({ Question: 'Q', Response: 'because 4', Answer: '4' });
    expect(format).toBe('question-response');
    expect(sets[0]!.rows[0]).toMatchObject({ question: 'Q', response: 'because 4', gold: '4' });
  });

  it('reads one column for each writer, and text without questions', () => {
    const wide = read({ question: 'Q', human: 'a', model: 'b', score: 3 });
    expect(wide.format).toBe('wide');
    expect(wide.sets.map((set) => set.name)).toEqual(['human', 'model']);
    const text = read({ text: 'Once upon a time.' });
    expect(text.format).toBe('text');
    expect(text.sets[0]!.rows[0]).toMatchObject({ question: '', response: 'Once upon a time.' });
  });

  it('says what it saw when nothing fits', () => {
    const guess = guessTable(table([{ a: '1', b: '2' }]));
    expect(guess).toMatchObject({ format: 'unknown', confidence: 0, mapping: { responses: [] } });
    expect(guess.reasons[0]).toContain('"a", "b"');
  });

  it('gives reasons for each guess', () => {
    const guess = guessTable(table([{ id: 1, question: 'Q', answer: 'A', gold_label: 'B' }]));
    expect(guess.confidence).toBeGreaterThan(0.5);
    expect(guess.reasons.join(' ')).toMatch(/"id".*"gold_label"/);
  });
});

describe('ids', () => {
  it('come from the file when they name questions', () => {
    const { sets } = read(
      { id: 'a', question: 'Q', answer: '1' },
      { id: 'b', question: 'R', answer: '2' },
    );
    expect(sets[0]!.rows.map((row) => row.id)).toEqual(['a', 'b']);
    expect(sets[0]).not.toHaveProperty('derivedIds');
  });

  it('come from the question when there are none, and repeat with it', () => {
    const { sets } = read(
      { question: 'Q', answer: '1' },
      { question: 'R', answer: '2' },
      { question: 'Q', answer: '3' },
    );
    const [first, second, third] = sets[0]!.rows.map((row) => row.id);
    expect(first).toBe(third);
    expect(first).not.toBe(second);
  });

  it('come from the question, with a notice, when some are missing or ambiguous', () => {
    const missing = read({ id: 'a', question: 'Q', answer: '1' }, { question: 'R', answer: '2' });
    expect(missing.sets[0]!.derivedIds).toBe(true);
    expect(missing.notices[0]!.text).toContain('1 record has no "id"');
    expect(missing.notices[0]!.places).toEqual(['answers.jsonl, line 2']);
    const repeated = read(
      { id: 'a', question: 'Q', answer: '1' },
      { id: 'a', question: 'R', answer: '2' },
    );
    expect(repeated.sets[0]!.derivedIds).toBe(true);
    expect(repeated.notices[0]!.text).toContain('repeats');
  });
});

describe('problems', () => {
  it('are told all at once, with file and line', () => {
    const records = [
      { question: 'Q', answer: 'fine' },
      { question: {}, answer: 'no text' },
      { question: ['x'], answer: {} },
    ];
    expect(() => read(...records)).toThrow(DataError);
    try {
      read(...records);
    } catch (error) {
      expect((error as DataError).problems).toEqual([
        'answers.jsonl, line 2: "question" is of type object, expected text',
        'answers.jsonl, line 3: "question" turn 1 is not an object',
        'answers.jsonl, line 3: "answer" is of type object, expected text',
      ]);
    }
  });

  it('are capped, and the rest counted', () => {
    const records = Array.from({ length: 50 }, () => ({ question: 'Q', answer: {} }));
    try {
      read(...records);
      expect.unreachable();
    } catch (error) {
      const { problems } = error as DataError;
      expect(problems).toHaveLength(21);
      expect(problems.at(-1)).toBe('and 30 more');
    }
  });

  it('name a column the mapping invents, and a chat without an answer', () => {
    const source = table([{ question: 'Q', answer: 'A' }]);
    expect(() => readRecords(source, { question: 'ask', responses: ['answer'] })).toThrow(
      /no column "ask"; the columns are "question", "answer"/,
    );
    expect(() => readRecords(source, { question: 'question', responses: [] })).toThrow(/No column/);
    expect(() => read({ messages: [turn('user', 'Q')] })).toThrow(/without an assistant turn/);
    expect(() => read({ messages: [turn('narrator', 'Q'), turn('assistant', 'A')] })).toThrow(
      /turn 1 has role "narrator"/,
    );
  });

  it('do not stop a preview', () => {
    const source = table([
      { question: 'Q', answer: 'A' },
      { question: 'R', answer: null },
      { question: 'S', answer: null },
    ]);
    const preview = previewRecords(source, guessTable(source).mapping, 2);
    expect(preview.sets[0]!.rows).toHaveLength(1);
    expect(preview.notices).toEqual([
      {
        kind: 'dropped',
        text: '1 record has no answer, left out.',
        places: ['answers.jsonl, line 2: "answer" is null'],
      },
    ]);
  });

  it('include an empty file', () => {
    expect(() =>
      readRecords(
        { fileName: 'x.csv', columns: ['question', 'answer'], rows: [], notices: [] },
        { question: 'question', responses: ['answer'] },
      ),
    ).toThrow(/x\.csv holds no records/);
  });
});
