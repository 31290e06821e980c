import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessTable, readRecords } from '../../src/data/records.ts';
import type { ResponseSet } from '../../src/data/response-set.ts';
import { parseTable } from '../../src/exchange/read-table.ts';
import {
  responseSetsToCsv,
  responseSetsToJson,
  tableToCsv,
  tableToJson,
} from '../../src/exchange/write-table.ts';

function readBack(text: string, name: string): ResponseSet[] {
  const table = parseTable(text, name);
  return readRecords(table, guessTable(table).mapping).sets;
}

const bare = (sets: readonly ResponseSet[]) =>
  sets.map(({ name, rows }) => ({ name, rows: rows.map((row) => ({ ...row })) }));

const text = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((s) => s.trim() !== '' && !s.includes('\r'));

describe('response sets', () => {
  it('read back from JSON and CSV as they were written', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(text, text, text), { minLength: 1, selector: (t) => t[0] }),
        (rows) => {
          const sets = ['human', 'model'].map((name, w) => ({
            id: name,
            name,
            rows: rows.map((row, i) => ({
              id: `${i}`,
              question: row[0],
              response: row[1 + w]!,
              gold: '4',
            })),
          }));
          expect(bare(readBack(responseSetsToJson(sets), 'x.json'))).toEqual(bare(sets));
          expect(bare(readBack(responseSetsToCsv(sets), 'x.csv'))).toEqual(bare(sets));
        },
      ),
    );
  });

  it('keep the turns of a chat', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Q' },
    ];
    const sets = ['a', 'b'].map((name) => ({
      id: name,
      name,
      rows: [{ id: '1', question: 'Q', response: `by ${name}`, messages }],
    }));
    expect(bare(readBack(responseSetsToJson(sets), 'x.json'))).toEqual(bare(sets));
    expect(bare(readBack(responseSetsToCsv(sets), 'x.csv'))).toEqual(bare(sets));
  });
});

describe('tables', () => {
  const records = [
    { b: 2, a: 'x,"y"' },
    { a: 'z', c: NaN },
  ];

  it('have columns in the order asked for, blank where a record has none', () => {
    expect(tableToCsv(['a', 'b', 'c'], records)).toBe('a,b,c\n"x,""y""",2,\nz,,NaN\n');
  });

  it('hold formulas as they are, or behind an apostrophe when they are for spreadsheets', () => {
    const texts = ['=1+1', '+1', '-1', '@x', '\ta', 'a=1'];
    const rows = texts.map((a) => ({ a, b: -1.5 }));
    const whole = tableToCsv(['a', 'b'], rows);
    expect(parseTable(whole, 'x.csv').rows.map(({ values }) => values['a'])).toEqual(texts);
    const safe = parseTable(tableToCsv(['a', 'b'], rows, { forSpreadsheets: true }), 'x.csv');
    expect(safe.rows.map(({ values }) => values['a'])).toEqual([
      ...texts.slice(0, 5).map((one) => `'${one}`),
      'a=1',
    ]);
    expect(safe.rows.every(({ values }) => values['b'] === '-1.5')).toBe(true);
  });

  it('keep JSON valid where a number is not', () => {
    expect(JSON.parse(tableToJson(['a', 'b', 'c'], records))).toEqual([
      { a: 'x,"y"', b: 2 },
      { a: 'z', c: null },
    ]);
  });
});
