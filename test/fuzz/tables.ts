/** Tables of every kind, from bytes and from text, to response sets; and the way back to files. */
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { joinNotices, joinSets } from '../../src/data/join.ts';
import { guessTable, previewRecords, readGuessed } from '../../src/data/records.ts';
import type { ResponseSet } from '../../src/data/response-set.ts';
import { rowRecords } from '../../src/data/row-record.ts';
import { parseTable, readTable } from '../../src/exchange/read-table.ts';
import { responseSetsToCsv, responseSetsToJson } from '../../src/exchange/write-table.ts';
import { faultyBytes, faultyJson, faultyTexts } from './mutate.ts';
import { same, target, type FuzzTarget } from './target.ts';

const folder = new URL('../fixtures/tables/', import.meta.url);
const files = readdirSync(folder);
const ending = (pattern: RegExp): Uint8Array[] =>
  files.filter((name) => pattern.test(name)).map((name) => readFileSync(new URL(name, folder)));
const small = (bytes: Uint8Array): boolean => bytes.length < 20_000;

const csv = [
  'id,question,response\n1,What is 2 + 2?,4\n2,"Say ""hi"", please","hi\nthere"\n',
  'question;human;model\r\n"a;b";c;d\r\ne;f;g\r\n',
  'sep=;\nquestion;A;B;answer\nWhich?;x;y;B\n',
  ',question,response,,response\n0,q,a,b,c\n1,r,d,e,f\n',
  'question\tresponse\nq\ta\nr\tb\n',
  'question,response\n"[{""role"":""user"",""content"":""q""}]","[{""role"":""assistant"",""content"":""a""}]"\n',
];
const lines = ['What is 2 + 2?\t4\nAnd 3 + 3?\tsix\tof them\n', 'q\ta'];

const turns = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'What is 2 + 2?' },
  { role: 'assistant', content: '4', reasoning_content: 'Two and two.' },
];
const records = [
  [
    { id: 1, question: 'q', response: 'a', gold: '#### 4' },
    { id: 2, question: 'r', response: 'b' },
  ],
  [
    { prompt: 'q', responses: { human: 'a', model: 'b' } },
    { prompt: 'r', responses: { human: 'c' } },
  ],
  [{ messages: turns, tools: [{ type: 'function', function: { name: 'f' } }] }],
  [
    {
      conversations: [
        { from: 'human', value: 'q' },
        { from: 'gpt', value: 'a' },
      ],
    },
  ],
  [{ prompt: 'q', chosen: turns.slice(1), rejected: turns.slice(1), history: [['a', 'b']] }],
  [{ instruction: 'q', input: 'x', output: 'a', system: 's', chat_template_kwargs: { a: 1 } }],
  [{ question: 'q', choices: { text: ['x', 'y'], label: ['A', 'B'] }, answerKey: 'B' }],
  [
    {
      question: {
        stem: 'q',
        choices: [
          { text: 'x', label: 'A' },
          { text: 'y', label: 'B' },
        ],
      },
      answerKey: 'A',
    },
  ],
  [{ question: 'q', mc1_targets: { choices: ['x', 'y'], labels: [1, 0] } }],
  [
    { ctx: 'q', endings: ['x', 'y'], label: '1' },
    { sentence: 'q', option1: 'x', option2: 'y', answer: '2' },
  ],
  [
    { passage: 'p', question: 'q', answer: true },
    { goal: 'q', sol1: 'x', sol2: 'y', label: 0 },
  ],
];
const objects = [
  {
    columns: ['question', 'response'],
    index: [0, 1],
    data: [
      ['q', 'a'],
      ['r', 'b'],
    ],
  },
  { question: { 0: 'q', 1: 'r' }, response: { 0: 'a', 1: 'b' } },
  { first: { question: 'q', response: 'a' }, second: { question: 'r', response: 'b' } },
  { question: ['q', 'r'], response: ['a', 'b'] },
  {
    features: [],
    rows: [{ row_idx: 0, row: { question: 'q', response: 'a' }, truncated_cells: ['a'] }],
    num_rows_total: 9,
  },
  { data: [{ question: 'q', response: 'a' }] },
];

/** What becomes of a table on the page, in the order in which it does. */
async function readAll(content: string | Blob, fileName: string): Promise<void> {
  const table = await readTable(content, fileName);
  previewRecords(table, guessTable(table).mapping);
  const { sets } = readGuessed(table);
  const joined = joinable(sets);
  if (joined === undefined) return;
  for (const set of joined) for (const record of rowRecords(set.rows)) JSON.stringify(record);
  responseSetsToCsv(joined);
  responseSetsToJson(joined);
}

/** Joined sets; undefined for those that answer no question together, which page and command say in other words. */
function joinable(sets: readonly ResponseSet[]): ResponseSet[] | undefined {
  try {
    const { sets: joined, report } = joinSets(sets);
    joinNotices(report);
    return joined;
  } catch {
    return undefined;
  }
}

const asFile = (bytes: Uint8Array): Blob => new Blob([bytes as Uint8Array<ArrayBuffer>]);
const text = (name: string, fileName: string, cases: fc.Arbitrary<string>): FuzzTarget =>
  target({ name, fileName, cases, read: (content) => readAll(content, fileName) });
const bytes = (name: string, fileName: string, valid: readonly Uint8Array[]): FuzzTarget =>
  target({
    name,
    fileName,
    cases: faultyBytes(...valid.filter(small)),
    read: (content) => readAll(asFile(content), fileName),
  });

const jsonl = records.map((list) => list.map((one) => JSON.stringify(one)).join('\n'));

/** Any text that is whole: half a character cannot be written to a file. */
const words = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('=1+1', '"', ',', 'a\nb', 'a\r\nb', "'", ' x ', '0012', 'null', '__proto__'),
);
const said = words.filter((word) => word.trim() !== '');
const answers = fc.uniqueArray(
  fc.record(
    { id: said.map((id) => id.trim()), question: said, response: said },
    { noNullPrototype: true },
  ),
  { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
);

export const targets: readonly FuzzTarget[] = [
  text('csv', 'answers.csv', faultyTexts(...csv)),
  text('lines', 'pasted text', faultyTexts(...lines, ...csv)),
  text('jsonl', 'answers.jsonl', faultyTexts(...jsonl)),
  text('json-records', 'answers.json', faultyJson(...records)),
  text('json-object', 'answers.json', faultyJson(...objects)),
  text(
    'json-text',
    'answers.json',
    faultyTexts(...[...records, ...objects].map((one) => JSON.stringify(one))),
  ),
  bytes('encodings', 'answers.csv', ending(/utf|cp1252|crlf|quoted/)),
  bytes('parquet', 'answers.parquet', ending(/parquet$/)),
  target({
    name: 'csv-round-trip',
    fileName: 'answers.csv',
    cases: answers,
    read: (rows) => {
      const set = { id: 'human', name: 'human', rows };
      const [back] = readGuessed(parseTable(responseSetsToCsv([set]), 'answers.csv')).sets;
      same(back!.rows, rows);
    },
  }),
  target({
    name: 'json-round-trip',
    fileName: 'answers.json',
    cases: answers,
    read: (rows) => {
      const set = { id: 'human', name: 'human', rows };
      const [back] = readGuessed(parseTable(responseSetsToJson([set]), 'answers.json')).sets;
      same(back!.rows, rows);
      const lines = rowRecords(rows)
        .map((one) => JSON.stringify(one))
        .join('\n');
      same(readGuessed(parseTable(lines, 'answers.jsonl')).sets[0]!.rows, rows);
    },
  }),
];
