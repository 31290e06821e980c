/** What pandas and pyarrow write reads as the records that went in (test/reference/tables.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { guessTable, readRecords } from '../../src/data/records.ts';
import { readTable } from '../../src/exchange/read-table.ts';
import { nodeFileSource } from '../../src/storage/node-file.ts';

const folder = 'test/fixtures/tables';
const expected: unknown = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));
const open = async (name: string) => readTable(await nodeFileSource(`${folder}/${name}`));

const special = ['expected.json', 'row-groups.parquet', 'chats.parquet', 'empty.parquet'];
const names = readdirSync(folder).filter((name) => !special.includes(name));

it.each(names)('%s', async (name) => {
  const table = await open(name);
  const { sets, notices } = readRecords(table, guessTable(table).mapping);
  expect(sets[0]!.rows).toEqual(expected);
  const kinds = notices.map(({ kind }) => kind);
  if (/^(cp1252|utf-16-[lb]e)/.test(name)) expect(kinds).toEqual(['assumed']);
  else if (/index\.(csv|parquet)$/.test(name)) expect(kinds).toEqual(['info']);
  else expect(kinds).toEqual([]);
});

it('row groups, pages of version 2', async () => {
  const { rows } = await open('row-groups.parquet');
  expect(rows).toHaveLength(600);
  expect(rows.map(({ values }) => values['n'])).toEqual(
    Array.from({ length: 600 }, (_, i) => Math.floor(i / 3)),
  );
});

it('lists of objects, objects of lists, missing values and large integers of Parquet', async () => {
  const table = await open('chats.parquet');
  expect(table.rows.map(({ values }) => [values['id'], values['choices']])).toEqual([
    ['9223372036854775807', { text: ['a', 'b'], label: ['A', 'B'] }],
    [null, null],
  ]);
  const { sets } = readRecords(table, { conversation: 'messages', responses: [] });
  expect(sets[0]!.rows[1]).toMatchObject({ question: 'Ü?', response: 'Ä!' });
  expect(sets[0]!.rows[1]!.messages?.[0]).toEqual({ role: 'system', content: 'S' });
});

it('a Parquet file without rows has its columns, and is refused as empty', async () => {
  const table = await open('empty.parquet');
  expect(table.columns).toEqual(['id', 'question', 'response']);
  expect(() => readRecords(table, guessTable(table).mapping)).toThrow(/holds no records/);
});

it('a broken Parquet file is refused by name', async () => {
  const bytes = readFileSync(`${folder}/zstd.parquet`);
  const short = new File([bytes.subarray(0, bytes.length - 40)], 'cut.parquet');
  await expect(readTable(short)).rejects.toThrow(/cut\.parquet is not a readable Parquet file/);
});
