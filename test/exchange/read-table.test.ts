import { describe, expect, it } from 'vitest';
import { guessTable, readRecords } from '../../src/data/records.ts';
import { DataError } from '../../src/errors.ts';
import { guessKind, parseTable, readTable } from '../../src/exchange/read-table.ts';

const values = (text: string, name = 'x') => parseTable(text, name).rows.map((row) => row.values);
const lines = (text: string, name = 'x') => parseTable(text, name).rows.map((row) => row.line);

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof DataError) return error.problems;
    throw error;
  }
  return [];
}

describe('JSON', () => {
  const list = '\n[\n  {"a": "x, [y] \\" }"},\n\n  {"a": "z",\n   "b": [1]}\n]\n';

  it('reads a list of records with their lines', () => {
    expect(values(list)).toEqual([{ a: 'x, [y] " }' }, { a: 'z', b: [1] }]);
    expect(lines(list)).toEqual([3, 5]);
    expect(parseTable(list, 'x').columns).toEqual(['a', 'b']);
  });

  it('names every broken record by its line', () => {
    const broken = '[\n{"a": 1},\n{"a": },\n3,\n{"b": "x"},\n{"c" 5}\n]';
    const problems = problemsOf(() => parseTable(broken, 'bad.json'));
    expect(problems.map((p) => p.slice(0, 16))).toEqual([
      'bad.json, line 3',
      'bad.json, line 4',
      'bad.json, line 6',
    ]);
  });

  it('says when a list is cut off or followed by text', () => {
    expect(() => parseTable('[{"a": 1}, {"a"', 'x.json')).toThrow(/ends before/);
    expect(() => parseTable('[{"a": 1}] extra', 'x.json')).toThrow(/text after its list: "extra"/);
    expect(() => parseTable('{"a": ', 'x.json')).toThrow(/not valid JSON/);
  });

  it('reads an object around a list, columns, and a single record', () => {
    expect(values('{"version": 1, "data": [{"a": 1}, {"a": 2}]}')).toEqual([{ a: 1 }, { a: 2 }]);
    expect(values('{"q": ["x", "y"], "r": ["1", "2"]}')).toEqual([
      { q: 'x', r: '1' },
      { q: 'y', r: '2' },
    ]);
    expect(values('{"question": "x", "answer": "y"}')).toEqual([{ question: 'x', answer: 'y' }]);
    const chat = '{"messages": [{"role": "user", "content": "x"}]}';
    expect(values(chat)).toEqual([JSON.parse(chat)]);
    expect(() => parseTable('{"train": [{"a": 1}], "test": [{"a": 2}]}', 'x')).toThrow(/2 lists/);
  });
});

describe('JSON lines', () => {
  it('skips blank lines, keeps line numbers and accepts \\r\\n', () => {
    const text = '{"a": 1}\r\n\r\n{"a": 2}\r\n';
    expect(values(text)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(lines(text)).toEqual([1, 3]);
  });

  it('names every broken line', () => {
    const problems = problemsOf(() => parseTable('{"a": 1}\n{"a": \n[1]\n', 'x.jsonl'));
    expect(problems).toHaveLength(2);
    expect(problems[1]).toBe('x.jsonl, line 3: a record must be an object {…}');
  });
});

describe('CSV and TSV', () => {
  it('reads quoted fields with commas, quotes and line breaks, with true line numbers', () => {
    const text = 'question,answer\n"a, ""b""\nc",1\n\nd,2\n';
    expect(values(text, 'x.csv')).toEqual([
      { question: 'a, "b"\nc', answer: '1' },
      { question: 'd', answer: '2' },
    ]);
    expect(lines(text, 'x.csv')).toEqual([2, 5]);
  });

  it('finds semicolons, trims headers, and reads tabs by extension', () => {
    expect(values('question ; answer\na, b;c\n', 'x.csv')).toEqual([
      { question: 'a, b', answer: 'c' },
    ]);
    expect(values('question\tanswer\na\tb\n', 'x.tsv')).toEqual([{ question: 'a', answer: 'b' }]);
  });

  it('lists extra fields and open quotes', () => {
    expect(problemsOf(() => parseTable('a,b,a\n1,2,3,4\n', 'x.csv'))).toEqual([
      'x.csv, line 2: 4 fields, but the header names 3',
    ]);
    expect(problemsOf(() => parseTable('a,b\n"x,1\n', 'x.csv'))[0]).toMatch(/quote/i);
  });
});

describe('pasted text', () => {
  it('reads question<TAB>answer lines', () => {
    expect(values('Two plus two?\tFour\t(4)\n\nOne?\tOne\n')).toEqual([
      { question: 'Two plus two?', response: 'Four\t(4)' },
      { question: 'One?', response: 'One' },
    ]);
  });

  it('is recognized by its content, then by its name', () => {
    expect(guessKind(' [{}]', 'x.csv')).toBe('json');
    expect(guessKind('{"a":1}\n{"a":2}', 'x.json')).toBe('jsonl');
    expect(guessKind('{\n"a":1}', 'x')).toBe('json');
    expect(guessKind('{"a":1}\n', 'x')).toBe('json');
    expect(guessKind('a,b\n1,2', 'x')).toBe('delimited');
    expect(guessKind('question\tanswer\na\tb', 'x')).toBe('delimited');
    expect(guessKind('a\tb', 'x')).toBe('lines');
  });

  it('refuses nothing and web pages', () => {
    expect(() => parseTable(' \n', 'x')).toThrow(/empty/);
    expect(() => parseTable('<!DOCTYPE html><html>', 'x.json')).toThrow(/web page/);
  });
});

describe('files', () => {
  it('decode UTF-8 and UTF-16 with marks, and say when they are neither', async () => {
    const csv = 'question,answer\ncafé,oui\n';
    const question = async (bytes: BlobPart) =>
      (await readTable(new File([bytes], 'x.csv'))).rows[0]!.values['question'];
    expect(await question(`\ufeff${csv}`)).toBe('café');
    const utf16 = new Uint8Array(2 + 2 * csv.length);
    utf16.set([0xff, 0xfe]);
    for (let i = 0; i < csv.length; i++) utf16[2 + 2 * i] = csv.charCodeAt(i);
    expect(await question(utf16)).toBe('café');
    const latin = Uint8Array.from(csv, (c) => c.charCodeAt(0));
    const table = await readTable(new File([latin], 'x.csv'));
    expect(table.rows[0]!.values['question']).toBe('café');
    expect(table.notices[0]!.text).toContain('Windows-1252');
    expect(table.notices[0]!.places).toEqual(['x.csv, line 2']);
  });

  it('become response sets in two calls', async () => {
    const table = await readTable('Two plus two?\tFour');
    const { sets } = readRecords(table, guessTable(table).mapping);
    expect(sets[0]).toMatchObject({ name: 'pasted text' });
    expect(sets[0]!.rows[0]).toMatchObject({ question: 'Two plus two?', response: 'Four' });
  });
});
