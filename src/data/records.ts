/**
 * From a table and a column mapping to response sets. Everything wrong is collected and told at
 * once with its line; what is merely odd becomes a notice.
 */
import { DataError } from '../errors.ts';
import { lastAnswer, readTurns } from './chat-turns.ts';
import type { ColumnMapping, MappingGuess } from './mapping.ts';
import { guessMapping } from './mapping.ts';
import { throwProblems } from './problems.ts';
import type { ChatMessage, ResponseRow, ResponseSet } from './response-set.ts';
import { questionKey } from './response-set.ts';
import type { Table, TableRow } from './table.ts';
import { cell } from './table.ts';

/** How many records a guess looks at. */
const SAMPLE_ROWS = 50;

export interface RecordsRead {
  sets: ResponseSet[];
  notices: string[];
}

export interface RecordsPreview extends RecordsRead {
  /** One sentence for each thing that would make `readRecords` throw. */
  problems: string[];
}

/** Guesses the mapping of a table from its columns and first records. */
export function guessTable(table: Table): MappingGuess {
  return guessMapping(
    table.columns,
    table.rows.slice(0, SAMPLE_ROWS).map((row) => row.values),
  );
}

/**
 * Reads every record of a table into one set for each writer. A file with one writer gives a set
 * named after the file; otherwise sets are named after the columns or keys of the writers.
 * @throws DataError that names the file and lists every unreadable record with its line.
 */
export function readRecords(table: Table, mapping: ColumnMapping): RecordsRead {
  const { sets, notices, problems } = convert(table, mapping, table.rows);
  throwProblems(`${table.fileName} cannot be read as questions and answers.`, problems);
  if (sets.length === 0) throw new DataError(`${table.fileName} holds no records.`);
  return { sets, notices };
}

/** The first records as they would be read, with the problems they have; never throws. */
export function previewRecords(table: Table, mapping: ColumnMapping, count = 5): RecordsPreview {
  return convert(table, mapping, table.rows.slice(0, count));
}

function convert(table: Table, mapping: ColumnMapping, rows: readonly TableRow[]): RecordsPreview {
  const problems = mappingProblems(table, mapping);
  if (problems.length > 0) return { sets: [], notices: [], problems };
  const notices = [...table.notices];
  // A Map, since writers' names come from the file and may be `__proto__`.
  const writers = new Map<string, ResponseRow[]>();
  let withoutId = 0;

  for (const row of rows) {
    const record = readRecord(row, mapping);
    for (const problem of record.problems) {
      problems.push(`${table.fileName}, line ${row.line}: ${problem}`);
    }
    if (record.id === undefined) withoutId++;
    for (const [writer, answer] of record.answers) {
      const list = writers.get(writer) ?? [];
      writers.set(writer, list);
      list.push({ id: record.id ?? '', ...answer });
    }
  }

  let derivedIds = mapping.id === undefined || withoutId > 0;
  if (mapping.id !== undefined && withoutId > 0) {
    notices.push(`${withoutId} records have no "${mapping.id}": questions are told apart by text.`);
  } else if (!derivedIds && [...writers.values()].some(idsAreAmbiguous)) {
    derivedIds = true;
    notices.push(
      `"${mapping.id}" repeats for different questions: questions are told apart by text.`,
    );
  }
  const single = writers.size === 1 && mapping.responseMap === undefined;
  const taken = new Set<string>();
  const sets = [...writers].map(([writer, list]): ResponseSet => {
    const name = single ? baseName(table.fileName) : writer;
    return {
      id: freshId(name, taken),
      name,
      provenance: `${list.length} records of ${table.fileName}`,
      ...(derivedIds && { derivedIds }),
      rows: derivedIds ? list.map((row) => ({ ...row, id: textId(questionKey(row)) })) : list,
    };
  });
  return { sets, notices, problems };
}

function mappingProblems(table: Table, mapping: ColumnMapping): string[] {
  const problems: string[] = [];
  const { responses, responseMap, conversation } = mapping;
  if (responses.length === 0 && responseMap === undefined && conversation === undefined) {
    problems.push('No column is chosen for the answers.');
  }
  const chosen = Object.values(mapping).flat() as string[];
  for (const column of chosen) {
    if (!table.columns.includes(column)) {
      problems.push(
        `There is no column "${column}"; the columns are ${table.columns.map((c) => `"${c}"`).join(', ')}.`,
      );
    }
  }
  return problems;
}

type Answer = Omit<ResponseRow, 'id'>;

interface RecordRead {
  id?: string;
  answers: [writer: string, answer: Answer][];
  problems: string[];
}

function readRecord(row: TableRow, mapping: ColumnMapping): RecordRead {
  const problems: string[] = [];
  const answers: [string, Answer][] = [];
  const id = scalarText(cell(row, mapping.id))?.trim();
  const gold = scalarText(cell(row, mapping.gold));
  const push = (writer: string, prompt: readonly ChatMessage[], response: string): void => {
    answers.push([
      writer,
      { ...questionOf(prompt), response, ...(gold !== undefined && { gold }) },
    ]);
  };

  if (mapping.conversation !== undefined) {
    const column = mapping.conversation;
    const turns = readTurns(cell(row, column));
    const parts = typeof turns === 'string' ? turns : lastAnswer(turns);
    if (typeof parts === 'string') problems.push(`"${column}" ${parts}`);
    else if (parts === undefined) problems.push(`"${column}" has no assistant turn`);
    else push(column, parts.prompt, parts.response);
  }

  const prompt = readPrompt(row, mapping, problems);
  for (const [writer, value] of responseCells(row, mapping, problems)) {
    const text = scalarText(value);
    const turns = text === undefined || text.trimStart().startsWith('[{') ? readTurns(value) : '';
    if (typeof turns !== 'string') {
      const parts = lastAnswer(turns);
      if (parts === undefined) problems.push(`"${writer}" has no assistant turn`);
      else if (prompt.length === 0 || parts.prompt.some((turn) => turn.role === 'user')) {
        push(writer, parts.prompt, parts.response); // The list repeats the question.
      } else push(writer, prompt, parts.response);
    } else if (text !== undefined) push(writer, prompt, text);
    else problems.push(`"${writer}" is ${kindOf(value)}, expected text`);
  }
  // A record with a problem gives no answers, so that a preview shows nothing half read.
  return {
    ...(id !== undefined && id !== '' && { id }),
    answers: problems.length > 0 ? [] : answers,
    problems,
  };
}

/** The turns before the response; empty, with a problem noted, when the question is missing. */
function readPrompt(row: TableRow, mapping: ColumnMapping, problems: string[]): ChatMessage[] {
  const { question, input, system, history } = mapping;
  if (question === undefined) return [];
  const turns: ChatMessage[] = [];
  const systemText = scalarText(cell(row, system));
  if (systemText) turns.push({ role: 'system', content: systemText });
  const earlier = cell(row, history);
  if (Array.isArray(earlier)) {
    for (const pair of earlier as unknown[]) {
      const [asked, answered] = Array.isArray(pair) ? (pair as unknown[]) : [];
      if (typeof asked !== 'string' || typeof answered !== 'string') {
        problems.push(`"${history}" is not a list of [question, answer] pairs`);
        break;
      }
      turns.push({ role: 'user', content: asked }, { role: 'assistant', content: answered });
    }
  }
  const value = cell(row, question);
  const text = scalarText(value);
  const asTurns = text === undefined || text.trimStart().startsWith('[{') ? readTurns(value) : '';
  if (typeof asTurns !== 'string') turns.push(...asTurns);
  else if (text === undefined) problems.push(`"${question}" is ${kindOf(value)}, expected text`);
  else if (text.trim() === '') problems.push(`"${question}" is empty`);
  else {
    const below = scalarText(cell(row, input));
    turns.push({ role: 'user', content: below ? `${text}\n${below}` : text });
  }
  return turns;
}

/** Response cells of a record; with several writers, a missing answer is no problem. */
function responseCells(
  row: TableRow,
  mapping: ColumnMapping,
  problems: string[],
): [string, unknown][] {
  const several = mapping.responses.length > 1;
  const cells = mapping.responses
    .map((column): [string, unknown] => [column, cell(row, column)])
    .filter(([, value]) => !several || (value !== undefined && value !== null));
  if (mapping.responseMap !== undefined) {
    const map = cell(row, mapping.responseMap);
    if (typeof map !== 'object' || map === null || Array.isArray(map)) {
      problems.push(`"${mapping.responseMap}" is ${kindOf(map)}, expected writers and answers`);
    } else {
      cells.push(...Object.entries(map).filter(([, value]) => value !== null));
    }
  }
  return cells;
}

function questionOf(prompt: readonly ChatMessage[]): Pick<ResponseRow, 'question' | 'messages'> {
  if (prompt.length === 0) return { question: '' };
  const only = prompt.length === 1 ? prompt[0]! : undefined;
  if (only?.role === 'user') return { question: only.content };
  const last = prompt.findLast((turn) => turn.role === 'user') ?? prompt.at(-1)!;
  return { question: last.content, messages: prompt };
}

/** Numbers and booleans are text too: CSV-minded files hold answers such as 72. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}

/** One id for two different questions: the column does not name questions. */
function idsAreAmbiguous(rows: readonly ResponseRow[]): boolean {
  const seen = new Map<string, string>();
  return rows.some((row) => {
    const key = questionKey(row);
    const before = seen.get(row.id);
    seen.set(row.id, key);
    return before !== undefined && before !== key;
  });
}

/** An id from the question's text: two independent 32-bit hashes, 16 hexadecimal digits. */
function textId(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code ^ (b >>> 15), 0x2c1b3c6d);
  }
  const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
  return `q-${hex(a)}${hex(b)}`;
}

function baseName(fileName: string): string {
  const name = fileName.split(/[/\\]/).at(-1)!;
  return name.replace(/\.(jsonl|json|ndjson|csv|tsv|txt)$/i, '') || name;
}

/** A short id from a name, different from those taken. */
function freshId(name: string, taken: Set<string>): string {
  const plain = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');
  const stem = plain.replace(/^-|-$/g, '') || 'set';
  let id = stem;
  for (let n = 2; taken.has(id); n++) id = `${stem}-${n}`;
  taken.add(id);
  return id;
}
