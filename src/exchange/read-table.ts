/**
 * Records from files and pasted text: JSON, JSON lines, CSV, TSV, and plain lines of
 * `question<TAB>answer`. Only the shape is read here; what the columns mean is decided in `data`.
 */
import Papa from 'papaparse';
import { throwProblems } from '../data/problems.ts';
import type { Table, TableRow } from '../data/table.ts';
import { columnsOf } from '../data/table.ts';
import { DataError } from '../errors.ts';
import { jsonElements } from './json-elements.ts';
import { readText } from './read-text.ts';

export type TableKind = 'json' | 'jsonl' | 'csv' | 'tsv' | 'lines';

/**
 * Reads a file or pasted text.
 * @throws DataError that lists every unreadable record with its line.
 */
export async function readTable(source: Blob | string, fileName = nameOf(source)): Promise<Table> {
  const { text, notices } = await readText(source, fileName);
  const table = parseTable(text, fileName);
  return { ...table, notices: [...notices, ...table.notices] };
}

/** Reads text whose kind is guessed from its beginning and its file name, or given. */
export function parseTable(text: string, fileName: string, kind?: TableKind): Table {
  if (text.trim() === '') throw new DataError(`${fileName} is empty.`);
  if (/^\s*<(!doctype|html)/i.test(text)) {
    throw new DataError(`${fileName} is a web page, not a file of records.`);
  }
  switch (kind ?? guessKind(text, fileName)) {
    case 'json':
      return parseJson(text, fileName);
    case 'jsonl':
      return parseJsonLines(text, fileName);
    case 'csv':
      return parseDelimited(text, fileName, headerDelimiter(text));
    case 'tsv':
      return parseDelimited(text, fileName, '\t');
    case 'lines':
      return parseLines(text, fileName);
  }
}

/** The kind of a text: content decides where it is unmistakable, else the file's extension. */
export function guessKind(text: string, fileName: string): TableKind {
  const start = text.trimStart();
  if (start.startsWith('[')) return 'json';
  if (start.startsWith('{')) {
    const firstLine = start.slice(0, start.search(/\r?\n|$/));
    return parses(firstLine) && start.slice(firstLine.length).trim() !== '' ? 'jsonl' : 'json';
  }
  if (/\.(tsv|tab)$/i.test(fileName)) return 'tsv';
  if (/\.csv$/i.test(fileName)) return 'csv';
  if (/\.(jsonl|ndjson)$/i.test(fileName)) return 'jsonl';
  if (/\.json$/i.test(fileName)) return 'json';
  const lines = start.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.every((line) => line.includes('\t')) ? 'lines' : 'csv';
}

function parseJson(text: string, fileName: string): Table {
  const start = text.search(/\S/);
  if (text[start] === '[') {
    const list = jsonElements(text, start);
    if (list === undefined) {
      throw new DataError(`${fileName} ends before its list is closed by "]".`);
    }
    const rest = text.slice(list.end + 1).trim();
    if (rest !== '') {
      throw new DataError(
        `${fileName} has text after its list: ${JSON.stringify(rest.slice(0, 40))}.`,
      );
    }
    return tableOf(fileName, parseElements(list.elements, fileName));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${fileName} is not valid JSON: ${messageOf(cause)}`, [], { cause });
  }
  return tableOf(fileName, rowsOfObject(value, fileName));
}

/** A single object: a list under one of its keys, columns of equal length, or one record. */
function rowsOfObject(value: unknown, fileName: string): TableRow[] {
  if (!isRecord(value)) throw new DataError(`${fileName} holds a single value, expected records.`);
  const entries = Object.entries(value);
  const lists = entries.filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const record = (values: Record<string, unknown>): TableRow => ({ line: 1, values });

  const lengths = new Set(lists.map(([, list]) => list.length));
  const areColumns = lists.length > 1 && lists.length === entries.length && lengths.size === 1;
  if (areColumns && lists.every(([, list]) => !list.some(isRecord))) {
    const count = lists[0]![1].length;
    return Array.from({ length: count }, (_, i) =>
      record(Object.fromEntries(lists.map(([name, list]) => [name, list[i]]))),
    );
  }
  const tables = lists.filter(([, list]) => list.length > 0 && list.every(isRecord));
  const isChat = (list: unknown[]): boolean =>
    list.some((item) => isRecord(item) && ('role' in item || 'from' in item));
  if (tables.length === 1 && !isChat(tables[0]![1])) {
    return (tables[0]![1] as Record<string, unknown>[]).map(record);
  }
  if (tables.length > 1 && !tables.some(([, list]) => isChat(list))) {
    throw new DataError(
      `${fileName} holds ${tables.length} lists of records (${tables.map(([name]) => `"${name}"`).join(', ')}); keep one.`,
    );
  }
  return [record(value)];
}

function parseJsonLines(text: string, fileName: string): Table {
  const elements = text
    .split('\n')
    .map((line, i) => ({ text: line.trim(), line: i + 1 }))
    .filter((element) => element.text !== '');
  return tableOf(fileName, parseElements(elements, fileName));
}

function parseElements(
  elements: readonly { text: string; line: number }[],
  fileName: string,
): TableRow[] {
  const problems: string[] = [];
  const rows: TableRow[] = [];
  for (const { text, line } of elements) {
    try {
      const value: unknown = JSON.parse(text);
      if (isRecord(value)) rows.push({ line, values: value });
      else problems.push(`${fileName}, line ${line}: a record must be an object {…}`);
    } catch (error) {
      problems.push(`${fileName}, line ${line}: ${messageOf(error)}`);
    }
  }
  throwProblems(`${fileName} holds records that cannot be read.`, problems);
  return rows;
}

function parseDelimited(text: string, fileName: string, delimiter: string): Table {
  // Blank lines are kept by the parser and dropped here, so that line numbers stay true.
  const parsed = Papa.parse<string[]>(text, { delimiter, skipEmptyLines: false });
  const problems = parsed.errors.map(
    (error) => `${fileName}, record ${(error.row ?? 0) + 1}: ${error.message}`,
  );
  const [header, ...records] = parsed.data;
  const names = (header ?? []).map((name) => name.trim());
  const repeated = names.filter((name, i) => names.indexOf(name) !== i);
  if (repeated.length > 0) {
    problems.push(`${fileName}, line 1: columns appear twice: ${repeated.join(', ')}`);
  }
  const rows: TableRow[] = [];
  let line = 1 + linesIn(header ?? []);
  for (const record of records) {
    if (record.some((value) => value !== '')) {
      if (record.length > names.length) {
        problems.push(
          `${fileName}, line ${line}: ${record.length} fields, but the header names ${names.length}`,
        );
      }
      // fromEntries makes own properties, so a column named __proto__ is harmless.
      rows.push({
        line,
        values: Object.fromEntries(names.map((name, i) => [name, record[i] ?? ''])),
      });
    }
    line += linesIn(record);
  }
  throwProblems(`${fileName} is not a readable table.`, problems);
  return { ...tableOf(fileName, rows), columns: names };
}

/** The likeliest delimiter, from the header alone: prose in the rows is full of commas. */
function headerDelimiter(text: string): string {
  const header = text
    .trimStart()
    .split(/\r?\n/, 1)[0]!
    .replace(/"[^"]*"/g, '');
  const count = (delimiter: string): number => header.split(delimiter).length;
  return [',', ';', '\t', '|'].reduce((best, d) => (count(d) > count(best) ? d : best));
}

/** Lines a record takes: fields in quotes may hold line breaks. */
function linesIn(record: readonly string[]): number {
  return 1 + record.reduce((sum, field) => sum + (field.split('\n').length - 1), 0);
}

/** Lines of `question<TAB>answer`; further tabs belong to the answer. */
function parseLines(text: string, fileName: string): Table {
  const rows: TableRow[] = [];
  text.split(/\r?\n/).forEach((content, i) => {
    const tab = content.indexOf('\t');
    if (content.trim() === '') return;
    rows.push({
      line: i + 1,
      values: {
        question: (tab < 0 ? content : content.slice(0, tab)).trim(),
        response: tab < 0 ? '' : content.slice(tab + 1).trim(),
      },
    });
  });
  return tableOf(fileName, rows);
}

function tableOf(fileName: string, rows: TableRow[]): Table {
  return { fileName, columns: columnsOf(rows), rows, notices: [] };
}

function nameOf(source: Blob | string): string {
  return source instanceof File ? source.name : 'pasted text';
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
