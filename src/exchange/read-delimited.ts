/** CSV and its relatives: commas, semicolons, tabs or bars, as spreadsheets and pandas write them. */
import Papa from 'papaparse';
import { throwProblems } from '../data/problems.ts';
import type { Table, TableRow } from '../data/table.ts';
import { refuseBeyond } from '../limits.ts';
import { notice, type Notice } from '../notices.ts';

const DELIMITERS = [',', ';', '\t', '|'];
const LINE_END = /\r\n|[\r\n]/;

/** @throws DataError that lists every unreadable record with its line */
export function parseDelimited(given: string, fileName: string): Table {
  const { text: whole, separator } = takeSeparatorLine(given);
  const delimiter = separator ?? headerDelimiter(whole);
  refuseHuge(whole, delimiter, fileName);
  const text = withPlainLineEnds(whole, delimiter);
  // Blank lines are kept by the parser and dropped here, so that line numbers stay true.
  const parsed = Papa.parse<string[]>(text, { delimiter, newline: '\n', skipEmptyLines: false });
  const broken = parsed.errors.map(
    ({ code, index, message }) =>
      `${fileName}, line ${lineAt(text, index ?? 0)}: ${quoteProblems[code] ?? message}`,
  );
  const problems = [...new Set(broken)];

  let line = 1;
  const filled: { line: number; fields: string[] }[] = [];
  for (const fields of parsed.data) {
    if (fields.some((field) => field.trim() !== '')) filled.push({ line, fields });
    line += linesIn(fields);
  }
  const [header, ...records] = filled;
  if (header === undefined) return { fileName, columns: [], rows: [], notices: [] };
  const { names, notices } = columnNames(
    header.fields,
    records,
    `${fileName}, line ${header.line}`,
  );
  for (const { line, fields } of records) {
    if (fields.slice(names.length).some((field) => field !== '')) {
      problems.push(
        `${fileName}, line ${line}: ${fields.length} fields, but the header names ${names.length}`,
      );
    }
  }
  throwProblems(`${fileName} is not a readable table.`, problems);
  const rows = records.map(({ line, fields }): TableRow => ({
    line,
    // fromEntries makes own properties, so a column named __proto__ is harmless.
    values: Object.fromEntries(
      names.flatMap((name, i) => (name === undefined ? [] : [[name, fields[i] ?? '']])),
    ),
  }));
  const columns = names.filter((name) => name !== undefined);
  return { fileName, columns, rows, textCells: true, notices };
}

/** Papa Parse's codes in plain words. */
const quoteProblems: Readonly<Record<string, string | undefined>> = {
  InvalidQuotes:
    'a field in quotes goes on after its closing quote; a quote within is written twice: ""',
  MissingQuotes: 'a field in quotes is never closed',
};

/** Excel's first line `sep=;` names the delimiter and is no record; its line stays, empty. */
function takeSeparatorLine(text: string): { text: string; separator?: string } {
  const found = /^\s*"?sep=([,;|\t])"?(?=\r|\n)/i.exec(text);
  if (found === null) return { text };
  const blank = found[0].slice(0, found[0].search(/\S/));
  return { text: blank + text.slice(found[0].length), separator: found[1]! };
}

/** The likeliest delimiter, from the header alone: prose in the rows is full of commas. */
function headerDelimiter(text: string): string {
  const start = text
    .trimStart()
    .slice(0, 1 << 16)
    .replace(/"[^"]*"/g, '');
  const header = start.split(LINE_END, 1)[0]!;
  const count = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce((best, d) => (count(d) > count(best) ? d : best));
}

/** Counts records, fields and their length in one pass, before a parser makes objects of them. */
function refuseHuge(text: string, delimiter: string, fileName: string): void {
  const between = delimiter.charCodeAt(0);
  let [records, columns, cells, longest] = [0, 1, 0, 0];
  let [fields, start] = [1, 0];
  for (let i = 0; i <= text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22 && i === start) {
      i = endOfQuoted(text, i);
      continue;
    }
    const endsRecord = c === 0x0a || c === 0x0d;
    if (c !== between && !endsRecord && i < text.length) continue;
    const length = i - start;
    if (length > longest) longest = length;
    start = i + 1;
    cells++;
    if (c === between) fields++;
    else {
      if (fields > columns) columns = fields;
      // A blank line is no record.
      if (fields > 1 || length > 0) records++;
      fields = 1;
    }
  }
  refuseBeyond(fileName, 'columns', columns);
  refuseBeyond(fileName, 'cells', cells);
  refuseBeyond(fileName, 'rows', records - 1);
  refuseBeyond(fileName, 'cellLength', longest);
}

/** Ends every record by "\n"; line breaks within quoted fields are text and stay as they are. */
function withPlainLineEnds(text: string, delimiter: string): string {
  if (!text.includes('\r')) return text;
  const parts: string[] = [];
  let copied = 0;
  let fieldStart = true;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"' && fieldStart) {
      i = endOfQuoted(text, i);
      fieldStart = false;
    } else if (c === '\r') {
      parts.push(text.slice(copied, i), '\n');
      if (text[i + 1] === '\n') i++;
      copied = i + 1;
      fieldStart = true;
    } else fieldStart = c === '\n' || c === delimiter;
  }
  return parts.join('') + text.slice(copied);
}

/** Index of the quote that closes the field opened at `start`; two quotes stand for one. */
function endOfQuoted(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 2)) {
    if (text[end + 1] !== '"') return end;
  }
  return text.length;
}

/** Names by position; undefined for a column that is not used. */
function columnNames(
  header: readonly string[],
  records: readonly { fields: readonly string[] }[],
  place: string,
): { names: (string | undefined)[]; notices: Notice[] } {
  const notices: Notice[] = [];
  const taken = new Set(header.map((name) => name.trim()));
  const seen = new Set<string>();
  const names = header.map((given, i) => {
    const name = given.trim();
    if (name !== '' && !seen.has(name)) {
      seen.add(name);
      return name;
    }
    if (name === '') {
      const values = records.map(({ fields }) => fields[i] ?? '');
      if (values.every((value) => value === '')) return undefined;
      if (i === 0 && values.every((value, r) => value === String(r))) {
        const text = 'The first column has no name and counts the rows; it is not used.';
        notices.push(notice('info', text, [place]));
        return undefined;
      }
    }
    const fresh = freshName(name === '' ? `column ${i + 1}` : name, taken);
    const text =
      name === ''
        ? `Column ${i + 1} has no name and is called "${fresh}".`
        : `A second column is named "${name}"; it is called "${fresh}".`;
    notices.push(notice(name === '' ? 'assumed' : 'doubtful', text, [place]));
    return fresh;
  });
  return { names, notices };
}

/** The name, with a number where it is taken, as pandas does it: "answer", "answer.1". */
function freshName(name: string, taken: Set<string>): string {
  let fresh = name;
  for (let n = 1; taken.has(fresh); n++) fresh = `${name}.${n}`;
  taken.add(fresh);
  return fresh;
}

/** Lines a record takes: fields in quotes may hold line breaks. */
function linesIn(record: readonly string[]): number {
  return 1 + record.reduce((sum, field) => sum + (field.split(LINE_END).length - 1), 0);
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split(LINE_END).length;
