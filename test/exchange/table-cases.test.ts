/** Files as other tools write them, each with the records it holds. */
import { expect, it } from 'vitest';
import { guessTable, readRecords } from '../../src/data/records.ts';
import { joinSets } from '../../src/data/join.ts';
import { readTable } from '../../src/exchange/read-table.ts';
import { nodeFileSource } from '../../src/storage/node-file.ts';

async function read(name: string) {
  const source = await nodeFileSource(`test/fixtures/cases/${name}`);
  const table = await readTable(source, source.name);
  return { table, ...readRecords(table, guessTable(table).mapping) };
}

const pairs = async (name: string) => {
  const { sets } = await read(`tables/${name}`);
  expect(sets).toHaveLength(1);
  return sets[0]!.rows.map(({ question, response }) => [question, response]);
};
const two = [
  ['What is 2 and 3?', 'It is 5.'],
  ['What is 4 and 4?', 'It is 8.'],
];

it.each([
  ['excel-trailing-empty-columns.csv', two],
  ['leading-blank-line.csv', two.slice(0, 1)],
  ['bom-object.json', two.slice(0, 1)],
  ['datasets-server-rows.json', two],
  ['json-columns-pandas.json', two],
  ['nan.jsonl', two],
  ['cp1252.csv', [['Wieviel kostet ein Brötchen?', 'Es kostet 2 €.']]],
  ['utf16le-bom.tsv', [['Wie viel ist 2 und 3?', 'Fünf.']]],
  [
    'cr-only.csv',
    [
      ['What is 2, 3, and 4 together, in all, please?', 'It is 9, as they say, of course.'],
      ['What is 4?', 'It is 4.'],
    ],
  ],
])('reads %s', async (name, expected) => {
  expect(await pairs(name)).toEqual(expected);
});

it('says which encoding was assumed, and where it shows', async () => {
  const { notices } = await read('tables/cp1252.csv');
  expect(notices).toEqual([
    {
      kind: 'assumed',
      text: 'cp1252.csv is not UTF-8 and was read as Windows-1252; check its accents.',
      places: ['cp1252.csv, line 2'],
    },
  ]);
});

it('leaves a null answer out by name and keeps the others', async () => {
  const { sets, notices } = await read('tables/null-response.jsonl');
  expect(sets[0]!.rows).toMatchObject([{ question: 'b?', response: 'c' }]);
  expect(notices).toEqual([
    {
      kind: 'dropped',
      text: '1 record has no answer, left out.',
      places: ['null-response.jsonl, line 1: "response" is null'],
    },
  ]);
  expect(sets[0]!.notices).toEqual(notices);
});

it('keeps an answer that is JSON as the text it is', async () => {
  const rows = await pairs('answer-is-a-chat.jsonl');
  expect(rows[0]).toEqual([
    'Write a one-turn chat log as JSON.',
    '[{"role":"assistant","content":"hi"}]',
  ]);
  expect(rows[1]![0]).toBe('Write a chat log as JSON.');
});

it('keeps 64-bit ids apart', async () => {
  const [a, b] = [await read('tables/big-ids-a.jsonl'), await read('tables/big-ids-b.jsonl')];
  expect(a.sets[0]!.rows.map(({ id }) => id)).toEqual(['9007199254740993', '7']);
  expect(b.sets[0]!.rows.map(({ id }) => id)).toEqual(['9007199254740992', '7']);
  const { sets, report } = joinSets([a.sets[0]!, b.sets[0]!]);
  expect(sets[0]!.rows.map(({ id }) => id)).toEqual(['7']);
  expect(report.sets[0]!.unmatched).toEqual(['9007199254740993']);
});

it('refuses a file of empty answers with the place of each', async () => {
  await expect(read('limits/empty-answer.jsonl')).rejects.toThrow(
    /holds no records that can be used[\s\S]*line 1: "response" is empty; .*line 2: "response" is empty/,
  );
});
