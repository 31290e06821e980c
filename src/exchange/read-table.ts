/**
 * Records from files and pasted text: JSON, JSON lines, CSV, TSV, Parquet, and plain lines of
 * `question<TAB>answer`. The page and the commands read through here. Only the shape is read; what
 * the columns mean is decided in `data`.
 */
import { guessMapping } from '../data/mapping.ts';
import { throwProblems } from '../data/problems.ts';
import type { Table, TableRow } from '../data/table.ts';
import { columnsOf } from '../data/table.ts';
import { refuseHugeJson } from '../data/json-size.ts';
import { DataError } from '../errors.ts';
import { refuseBeyond } from '../limits.ts';
import { jsonElements, jsonObjects } from './json-elements.ts';
import { recordsOfObject } from './json-records.ts';
import { parseLosslessJson } from './lossless-json.ts';
import { parseDelimited } from './read-delimited.ts';
import { PARQUET_MAGIC, readParquet } from './read-parquet.ts';
import { readTextFile, sourceOf, type TableSource } from './read-text.ts';

export type TableKind = 'json' | 'jsonl' | 'delimited' | 'lines';

/**
 * Reads a file or pasted text.
 * @throws DataError that lists every unreadable record with its line.
 */
export async function readTable(source: TableSource, fileName = nameOf(source)): Promise<Table> {
  const file = sourceOf(source, fileName);
  if (file !== undefined && file.size >= 12) {
    const start = await file.read(0, 4);
    if (PARQUET_MAGIC.every((byte, i) => start[i] === byte)) return readParquet(file, fileName);
  }
  const { text, notices } = await readTextFile(source, fileName);
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
    case 'delimited':
      return parseDelimited(text, fileName);
    case 'lines':
      return parseLines(text, fileName);
  }
}

/** The kind of a text: content decides where it is unmistakable, else the file's extension. */
export function guessKind(text: string, fileName: string): TableKind {
  const start = text.trimStart();
  if (start.startsWith('[')) return 'json';
  if (start.startsWith('{')) {
    const firstLine = start.slice(0, start.search(/[\r\n]|$/));
    const more = start.slice(firstLine.length).trim();
    if (more === '' || !/^[{[]/.test(more)) return 'json';
    return parses(firstLine) || /\.(jsonl|ndjson)$/i.test(fileName) ? 'jsonl' : 'json';
  }
  if (/\.(csv|tsv|tab|psv)$/i.test(fileName)) return 'delimited';
  if (/\.(jsonl|ndjson)$/i.test(fileName)) return 'jsonl';
  if (/\.json$/i.test(fileName)) return 'json';
  const lines = start.split(/\r\n|[\r\n]/).filter((line) => line.trim() !== '');
  if (!lines.every((line) => line.includes('\t'))) return 'delimited';
  // Cells copied from a spreadsheet begin with its header.
  const header = lines[0]!.split('\t').map((name) => name.trim());
  return guessMapping(header, []).format === 'unknown' ? 'lines' : 'delimited';
}

function parseJson(text: string, fileName: string): Table {
  refuseHugeJson(text, fileName);
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
    value = parseLosslessJson(text);
  } catch (cause) {
    const objects = jsonObjects(text);
    if (objects.length > 1 && objects.every((object) => parses(object.text))) {
      return tableOf(fileName, parseElements(objects, fileName));
    }
    throw new DataError(`${fileName} is not valid JSON: ${messageOf(cause)}`, [], { cause });
  }
  const { rows, notices } = recordsOfObject(value, fileName);
  return { ...tableOf(fileName, rows), unit: 'record', notices };
}

function parseJsonLines(text: string, fileName: string): Table {
  refuseHugeJson(text, fileName);
  const elements = text
    .split(/\r\n|[\r\n]/)
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
      const value = parseLosslessJson(text);
      if (isRecord(value)) rows.push({ line, values: value });
      else problems.push(`${fileName}, line ${line}: a record must be an object {…}`);
    } catch (error) {
      problems.push(`${fileName}, line ${line}: ${messageOf(error)}`);
    }
  }
  throwProblems(`${fileName} holds records that cannot be read.`, problems);
  return rows;
}

/** Lines of `question<TAB>answer`; further tabs belong to the answer. */
function parseLines(text: string, fileName: string): Table {
  const rows: TableRow[] = [];
  text.split(/\r\n|[\r\n]/).forEach((content, i) => {
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
  return { ...tableOf(fileName, rows), textCells: true };
}

function tableOf(fileName: string, rows: TableRow[]): Table {
  refuseBeyond(fileName, 'rows', rows.length);
  const columns = columnsOf(rows);
  refuseBeyond(fileName, 'columns', columns.length);
  return { fileName, columns, rows, notices: [] };
}

function nameOf(source: TableSource): string {
  if (typeof source === 'string') return 'pasted text';
  return 'name' in source && typeof source.name === 'string' ? source.name : 'pasted text';
}

function parses(text: string): boolean {
  try {
    parseLosslessJson(text);
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
