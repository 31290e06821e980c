/** Tables that are not quite as they should be: read, or refused with the place of every fault. */
import { expect, it } from 'vitest';
import { guessTable, readRecords } from '../../src/data/records.ts';
import { DataError } from '../../src/errors.ts';
import { parseTable, readTable } from '../../src/exchange/read-table.ts';
import { decodeText } from '../../src/exchange/read-text.ts';

const values = (text: string, name: string) => parseTable(text, name).rows.map((row) => row.values);
const bytes = (...parts: (string | number[])[]) =>
  new File(
    parts.map((part) => (typeof part === 'string' ? part : new Uint8Array(part))),
    'x.csv',
  );

it('Excel’s line that names the separator, after a mark or a blank line', () => {
  for (const start of ['sep=;\r\n', '\r\nsep=;\r\n', '"sep=;"\n']) {
    const { rows } = parseTable(`${start}question;response\r\n"a;b";c\r\n`, 'x.csv');
    expect(rows.map((row) => row.values)).toEqual([{ question: 'a;b', response: 'c' }]);
  }
  expect(parseTable('sep=,\nquestion,response\na,b\n', 'x.csv').rows[0]!.line).toBe(3);
});

it('lines that end in three ways, and breaks within quotes kept as they are', () => {
  const text = 'question,response\r\na,b\nc,d\re,"f\r\ng"\rh,i';
  const table = parseTable(text, 'x.csv');
  expect(
    table.rows.map(({ line, values: { question, response } }) => [line, question, response]),
  ).toEqual([
    [2, 'a', 'b'],
    [3, 'c', 'd'],
    [4, 'e', 'f\r\ng'],
    [6, 'h', 'i'],
  ]);
});

it('a second column of one name, and columns without any', () => {
  const table = parseTable('question,response,response,,\nq,a,b,x,\n', 'x.csv');
  expect(table.columns).toEqual(['question', 'response', 'response.1', 'column 4']);
  expect(table.notices.map(({ kind }) => kind)).toEqual(['doubtful', 'assumed']);
});

it('rows that are too short or too long', () => {
  expect(values('question,response,gold\nq,a\n', 'x.csv')).toEqual([
    { question: 'q', response: 'a', gold: '' },
  ]);
  expect(() => parseTable('question,response\nq,a,,\nr,b,c\n', 'x.csv')).toThrow(
    /x\.csv, line 3: 3 fields, but the header names 2/,
  );
});

it('quotes: stray ones are text, broken ones are named', () => {
  expect(values('question,response\n5" pipe,it is "big"\n', 'x.csv')).toEqual([
    { question: '5" pipe', response: 'it is "big"' },
  ]);
  expect(() => parseTable('question,response\nq,a\n"Hi" she said,b\n', 'x.csv')).toThrow(
    /line 3: a field in quotes goes on after its closing quote/,
  );
  expect(() => parseTable('question,response\n"q,a\n', 'x.csv')).toThrow(/line 2: .* never closed/);
});

it('cells pasted from a spreadsheet, with and without a header', () => {
  expect(values('question\tresponse\na\tb\n', 'pasted text')).toEqual([
    { question: 'a', response: 'b' },
  ]);
  expect(values('a\tb\n', 'pasted text')).toEqual([{ question: 'a', response: 'b' }]);
});

it('JSON objects one after another, each over several lines', () => {
  const text =
    '{\n "question": "a}",\n "response": "b"\n}\n{\n "question": "c",\n "response": "d"\n}';
  const { rows } = parseTable(text, 'x.jsonl');
  expect(rows).toEqual([
    { line: 1, values: { question: 'a}', response: 'b' } },
    { line: 5, values: { question: 'c', response: 'd' } },
  ]);
});

it('numbers of JSON beyond 2⁵³, NaN and Infinity, but not within strings', () => {
  const text =
    '{"id":-9007199254740993,"a":"NaN 12345678901234567890 \\" Infinity","b":NaN,"c":-Infinity,"d":1.5}';
  expect(values(text, 'x.jsonl')).toEqual([
    {
      id: '-9007199254740993',
      a: 'NaN 12345678901234567890 " Infinity',
      b: null,
      c: -Infinity,
      d: 1.5,
    },
  ]);
  expect(() => parseTable('{"a": NaNa}', 'x.json')).toThrow(/not valid JSON/);
});

it('a page of the datasets server says what the server left out', () => {
  const page = {
    features: [],
    rows: [{ row_idx: 7, row: { question: 'q', answer: 'a' }, truncated_cells: ['answer'] }],
    num_rows_total: 100,
  };
  const { rows, notices } = parseTable(JSON.stringify(page), 'page.json');
  expect(rows).toEqual([{ line: 1, values: { question: 'q', answer: 'a' } }]);
  expect(notices).toMatchObject([
    { kind: 'cut', places: ['page.json, record 1: answer'] },
    { kind: 'info', text: 'page.json is one page: 1 of the 100 rows of its data set.' },
  ]);
});

it('ids that are objects, numbers and texts', () => {
  const table = parseTable(
    '{"_id":{"$oid":"5f"},"question":"a","answer":"x"}\n{"_id":7,"question":"b","answer":true}\n{"_id":" 8 ","question":"c","answer":72}',
    'x.jsonl',
  );
  const { sets } = readRecords(table, guessTable(table).mapping);
  expect(sets[0]!.rows.map(({ id, response }) => [id, response])).toEqual([
    ['{"$oid":"5f"}', 'x'],
    ['7', 'true'],
    ['8', '72'],
  ]);
});

it('half a character of an escape is named and replaced', () => {
  const table = parseTable('{"question":"a","response":"\\ud83d x"}\n', 'x.jsonl');
  const { sets, notices } = readRecords(table, guessTable(table).mapping);
  expect(sets[0]!.rows[0]!.response).toBe('\ufffd x');
  expect(notices).toMatchObject([{ kind: 'doubtful', places: ['x.jsonl, record 1'] }]);
});

it('a missing question leaves the record out by name', () => {
  const table = parseTable(
    '{"question":null,"response":"a"}\n{"question":"q","response":"b"}',
    'x',
  );
  const { sets, notices } = readRecords(table, guessTable(table).mapping);
  expect(sets[0]!.rows).toHaveLength(1);
  expect(notices).toMatchObject([{ kind: 'dropped', places: ['x, line 1: "question" is null'] }]);
});

it('encodings: a few broken bytes of UTF-8 are named, not read as another encoding', async () => {
  const { rows, notices } = await readTable(bytes('question,response\nä,ö\nü,ß\nx,', [0xfc], '\n'));
  expect(rows.map(({ values: { question, response } }) => [question, response])).toEqual([
    ['ä', 'ö'],
    ['ü', 'ß'],
    ['x', '\ufffd'],
  ]);
  expect(notices).toMatchObject([{ kind: 'doubtful', places: ['x.csv, line 4'] }]);
});

it('NUL characters are named by line', async () => {
  const { notices } = await readTable(bytes('question,response\nq\0,a\n'));
  expect(notices).toMatchObject([{ kind: 'doubtful', places: ['x.csv, line 2'] }]);
});

it.each([
  ['a workbook', [0x50, 0x4b, 3, 4, 0, 0], /workbook/],
  ['gzip', [0x1f, 0x8b, 8, 0], /compressed with gzip/],
  ['UTF-32', [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], /UTF-32/],
])('%s is refused with what it is', (_, start, words) => {
  expect(() => decodeText(new Uint8Array(start), 'x')).toThrow(DataError);
  expect(() => decodeText(new Uint8Array(start), 'x')).toThrow(words);
});
