/** GSM8K's layout: the answer column is the response, and the right answer after "####". */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { markedAnswer } from '../../src/data/gold.ts';
import { guessTable, readRecords } from '../../src/data/records.ts';
import { parseTable } from '../../src/exchange/read-table.ts';

function read(name: string) {
  const url = new URL(`../fixtures/cases/tables/${name}`, import.meta.url);
  const table = parseTable(readFileSync(url, 'utf8'), name);
  return readRecords(table, guessTable(table).mapping).sets[0]!.rows;
}

it('is read from the solution itself', () => {
  expect(read('gsm8k-original.jsonl')).toMatchObject([
    { response: 'She bakes 3*24=<<3*24=72>>72 rolls.\n#### 72', gold: '72' },
  ]);
});

it('is read from the solution beside another response', () => {
  expect(read('gsm8k-with-response.jsonl')).toMatchObject([
    { response: '3 times 24 is 72. Final Answer: 72', gold: '72' },
  ]);
});

it('does not go before a column of its own, nor is every answer taken for one', () => {
  const guess = (record: object) => {
    const table = parseTable(JSON.stringify(record), 'x.jsonl');
    return guessTable(table).mapping.gold;
  };
  expect(guess({ question: 'Q?', answer: 'so\n#### 72', final_answer: '72' })).toBe('final_answer');
  expect(guess({ question: 'Q?', answer: 'Ann.' })).toBeUndefined();
});

it.each([
  ['a\n#### 72', '72'],
  ['a\n####72 \n', '72'],
  ['#### 5\n#### 1,000', '1,000'],
  ['72', '72'],
  ['a ####', 'a ####'],
])('%j → %j', (text, gold) => {
  expect(markedAnswer(text)).toBe(gold);
});
