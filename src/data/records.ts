/**
 * From a table and a column mapping to response sets. Everything wrong is collected and told at
 * once with its line; what is merely odd becomes a notice.
 */
import { DataError } from '../errors.ts';
import { notice, noticeText, type Notice } from '../notices.ts';
import {
  continued,
  lastAnswer,
  looksLikeTurns,
  readHistory,
  readTools,
  readTurns,
  responseOf,
} from './chat-turns.ts';
import type { ColumnMapping, MappingGuess } from './mapping.ts';
import { guessMapping } from './mapping.ts';
import { choiceColumn, namesRight } from './choice-layouts.ts';
import { hasChoices, readOptions, type ChoiceQuestion } from './choices.ts';
import { markedAnswer } from './gold.ts';
import { countOf, OddRecords } from './odd-records.ts';
import { capProblems, throwProblems } from './problems.ts';
import type { ChatMessage, ResponseRow, ResponseSet } from './response-set.ts';
import { questionKey } from './response-set.ts';
import type { Table, TableRow } from './table.ts';
import { cell, placeOf } from './table.ts';

/** How many records a guess looks at. */
const SAMPLE_ROWS = 50;

export interface RecordsRead {
  /** Each with the notices of its file. */
  sets: ResponseSet[];
  notices: Notice[];
}

export interface RecordsPreview extends RecordsRead {
  /** One sentence for each thing that would make `readRecords` throw. */
  problems: string[];
}

export interface RecordsOptions {
  /** Keeps records without an answer: the file is read for its questions. */
  unanswered?: boolean;
}

/** Guesses the mapping of a table from its columns and first records. */
export function guessTable(table: Table): MappingGuess {
  const guess = guessMapping(
    table.columns,
    table.rows.slice(0, SAMPLE_ROWS).map((row) => row.values),
  );
  const choices = hasChoices(table) ? choiceColumn(table.columns) : undefined;
  return choices === undefined ? guess : withChoices(guess, choices);
}

/** Of a benchmark's own file the right option is the answer; a column of answers beside it stays one. */
function withChoices(guess: MappingGuess, choices: string): MappingGuess {
  const { format, mapping, reasons, confidence } = guess;
  const answered =
    mapping.conversation !== undefined ||
    mapping.responseMap !== undefined ||
    (format !== 'wide' && mapping.responses.some((column) => !namesRight(column)));
  const reason = `"${choices}" holds the options of each question`;
  if (answered) {
    return { ...guess, mapping: { ...mapping, choices }, reasons: [...reasons, `${reason}.`] };
  }
  const { id } = mapping;
  return {
    format: 'multiple-choice',
    mapping: { ...(id !== undefined && { id }), choices, responses: [] },
    confidence: Math.max(confidence, 0.9),
    reasons: [`${reason}; the right one is the answer.`],
  };
}

/**
 * Reads every record of a table into one set for each writer. A file with one writer gives a set
 * named after the file; otherwise sets are named after the columns or keys of the writers. A record
 * without a question or an answer is left out, with a notice.
 * @throws DataError that names the file and lists every unreadable record with its line.
 */
export function readRecords(
  table: Table,
  mapping: ColumnMapping,
  options: RecordsOptions = {},
): RecordsRead {
  const { sets, notices, problems } = convert(table, mapping, table.rows, options);
  throwProblems(`${table.fileName} cannot be read as questions and answers.`, problems);
  if (sets.length === 0) {
    const dropped = notices.filter(({ kind }) => kind === 'dropped');
    throw new DataError(
      `${table.fileName} holds no records${dropped.length > 0 ? ' that can be used' : ''}.`,
      capProblems(dropped.map((one) => noticeText(one))),
    );
  }
  return { sets, notices };
}

/** The first records as they would be read, with the problems they have; never throws. */
export function previewRecords(table: Table, mapping: ColumnMapping, count = 5): RecordsPreview {
  return convert(table, mapping, table.rows.slice(0, count), {});
}

function convert(
  table: Table,
  mapping: ColumnMapping,
  rows: readonly TableRow[],
  { unanswered = false }: RecordsOptions,
): RecordsPreview {
  const problems = mappingProblems(table, mapping);
  if (problems.length > 0) return { sets: [], notices: [], problems };
  // A Map, since writers' names come from the file and may be `__proto__`.
  const writers = new Map<string, ResponseRow[]>();
  const odd = new OddRecords();
  const withoutId: string[] = [];
  const choices = mapping.choices === undefined ? undefined : readOptions(table, rows);

  for (const row of rows) {
    const place = placeOf(table, row);
    const record = withOptions(
      readRecord(row, mapping, table.textCells === true),
      mapping,
      choices?.read.get(row),
    );
    for (const problem of record.problems) problems.push(`${place}: ${problem}`);
    if (table.textCells && looksLikeTurns(cell(row, mapping.question))) odd.written.push(place);
    if (record.turnsAfter > 0) odd.continued.push(place);
    if (record.unasked !== undefined) odd.unasked.push(`${place}: ${record.unasked}`);
    for (const { writer, answer, missing = 'empty' } of record.answers) {
      const said = answer.response.trim() !== '' || answer.responseTurn !== undefined;
      if (!said && !unanswered) {
        odd.unanswered.push(`${place}: "${writer}" is ${missing}`);
        continue;
      }
      if (record.id === undefined) withoutId.push(place);
      const list = writers.get(writer) ?? [];
      writers.set(writer, list);
      list.push(odd.withWholeText({ id: record.id ?? '', ...answer }, place));
    }
  }

  const notices = [...table.notices, ...odd.notices(), ...(choices?.notices ?? [])];
  let derivedIds = mapping.id === undefined || withoutId.length > 0;
  if (mapping.id !== undefined && withoutId.length > 0) {
    const text = `${countOf(withoutId, 'record')} no "${mapping.id}": questions are told apart by text.`;
    notices.push(notice('assumed', text, withoutId));
  } else if (!derivedIds) {
    const repeated = [...writers.values()].flatMap(ambiguousIds);
    derivedIds = repeated.length > 0;
    if (derivedIds) {
      const text = `"${mapping.id}" repeats for different questions: questions are told apart by text.`;
      notices.push(notice('assumed', text, [...new Set(repeated)]));
    }
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
      ...(notices.length > 0 && { notices }),
      rows: derivedIds ? list.map((row) => ({ ...row, id: textId(questionKey(row)) })) : list,
    };
  });
  return { sets, notices, problems };
}

function mappingProblems(table: Table, mapping: ColumnMapping): string[] {
  const problems: string[] = [];
  const { responses, responseMap, conversation, choices } = mapping;
  if (responses.length === 0 && !responseMap && !conversation && !choices) {
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

interface AnswerRead {
  writer: string;
  answer: Omit<ResponseRow, 'id'>;
  /** Of an empty response, what stands in its place: "null", "missing". */
  missing?: string;
}

interface RecordRead {
  id?: string;
  answers: AnswerRead[];
  /** What stands where the question should be; such a record is left out. */
  unasked?: string;
  problems: string[];
  /** Turns after an answer, which nobody answers. */
  turnsAfter: number;
}

/** The right option as gold of the record's answers, or as its answer where it has no other. */
function withOptions(
  record: RecordRead,
  { choices, responses, responseMap, conversation }: ColumnMapping,
  question: ChoiceQuestion | string | undefined,
): RecordRead {
  if (choices === undefined || question === undefined) return record;
  if (typeof question === 'string') {
    return { ...record, answers: [], problems: [...record.problems, question] };
  }
  if (responses.length === 0 && responseMap === undefined && conversation === undefined) {
    const answer = { ...question, response: question.gold };
    const { id } = record;
    return {
      ...(id !== undefined && { id }),
      answers: [{ writer: choices, answer }],
      turnsAfter: 0,
      problems: [],
    };
  }
  const { gold, options, labels } = question;
  const right = { gold, options, ...(labels && { labels }) };
  return {
    ...record,
    answers: record.answers.map((one) => ({ ...one, answer: { ...one.answer, ...right } })),
  };
}

/** @param textCells see `Table.textCells` */
function readRecord(row: TableRow, mapping: ColumnMapping, textCells: boolean): RecordRead {
  const problems: string[] = [];
  const answers: AnswerRead[] = [];
  const id = scalarText(cell(row, mapping.id))?.trim();
  const rightAnswer = scalarText(cell(row, mapping.gold));
  const gold = rightAnswer === undefined ? undefined : markedAnswer(rightAnswer);
  const further = readFurther(row, mapping, problems);
  let turnsAfter = 0;
  const push = (
    writer: string,
    prompt: readonly ChatMessage[],
    response: ReturnType<typeof responseOf>,
    missing?: string,
  ): void => {
    const answer = {
      ...questionOf(prompt),
      ...further,
      ...response,
      ...(gold !== undefined && { gold }),
    };
    answers.push({ writer, answer, ...(missing !== undefined && { missing }) });
  };
  /** The turns of a column, after those that stand before them. */
  const pushChat = (column: string, turns: ChatMessage[], before: readonly ChatMessage[]): void => {
    const parts = lastAnswer(turns);
    if (parts === undefined) push(column, before, { response: '' }, noAnswer);
    else {
      push(column, continued(before, parts.prompt), responseOf(parts.answer));
      turnsAfter += parts.after;
    }
  };

  const asTurns = turnReader(row, mapping, textCells);
  const prompt = readPrompt(row, mapping, asTurns, problems);
  if (typeof prompt === 'string') {
    return { answers: [], unasked: prompt, problems, turnsAfter };
  }
  if (mapping.conversation !== undefined) {
    const column = mapping.conversation;
    const value = cell(row, column);
    const turns = isBlank(value) ? [] : readTurns(value);
    if (typeof turns === 'string') problems.push(`"${column}" ${turns}`);
    else if (isBlank(value)) push(column, [], { response: '' }, kindOf(value));
    else if (turns[0]?.role !== 'system' || prompt[0]?.role !== 'system') {
      pushChat(column, turns, prompt);
    } else if (prompt[0].content === turns[0].content) pushChat(column, turns, prompt.slice(1));
    else problems.push(`"${mapping.system}" and "${column}" hold different system turns`);
  }
  for (const [writer, value] of responseCells(row, mapping, problems)) {
    const turns = asTurns(value);
    const text = scalarText(value);
    if (typeof turns === 'string') problems.push(`"${writer}" ${turns}`);
    else if (turns !== undefined) pushChat(writer, turns, prompt);
    else if (text !== undefined) push(writer, prompt, { response: text });
    else if (isBlank(value)) push(writer, prompt, { response: '' }, kindOf(value));
    else problems.push(`"${writer}" is ${kindOf(value)}, expected text`);
  }
  // A record with a problem gives no answers, so that a preview shows nothing half read.
  return {
    ...(id !== undefined && id !== '' && { id }),
    answers: problems.length > 0 ? [] : answers,
    problems,
    turnsAfter,
  };
}

const noAnswer = 'without an assistant turn';

/**
 * Reads a cell that holds a list of turns; undefined for any other cell. A text stays a text, even
 * when it is JSON, except where cells cannot be lists: there a question may be written as turns, and
 * with it its answer.
 */
function turnReader(row: TableRow, { question }: ColumnMapping, textCells: boolean) {
  const written = textCells && (question === undefined || looksLikeTurns(cell(row, question)));
  return (value: unknown): ChatMessage[] | string | undefined =>
    Array.isArray(value) || (written && looksLikeTurns(value)) ? readTurns(value) : undefined;
}

/** The turns before the response, or what stands in the place of a question that is missing. */
function readPrompt(
  row: TableRow,
  mapping: ColumnMapping,
  asTurns: (value: unknown) => ChatMessage[] | string | undefined,
  problems: string[],
): ChatMessage[] | string {
  const { question, input, system, history } = mapping;
  const turns: ChatMessage[] = [];
  const systemText = scalarText(cell(row, system));
  if (systemText) turns.push({ role: 'system', content: systemText });
  const earlier = readHistory(cell(row, history));
  if (typeof earlier === 'string') problems.push(`"${history}" ${earlier}`);
  else turns.push(...earlier);
  if (question === undefined) return turns;
  const value = cell(row, question);
  const asked = asTurns(value);
  const text = scalarText(value);
  if (typeof asked === 'string') problems.push(`"${question}" ${asked}`);
  else if (asked !== undefined) turns.push(...asked);
  else if (isBlank(value)) return `"${question}" is ${kindOf(value)}`;
  else if (text === undefined) problems.push(`"${question}" is ${kindOf(value)}, expected text`);
  else {
    const below = scalarText(cell(row, input));
    turns.push({ role: 'user', content: below ? `${text}\n${below}` : text });
  }
  return turns;
}

/** Tools and further variables of the chat template. */
function readFurther(
  row: TableRow,
  { tools, templateVariables }: ColumnMapping,
  problems: string[],
): Pick<ResponseRow, 'tools' | 'templateVariables'> {
  const list = readTools(cell(row, tools));
  if (typeof list === 'string') problems.push(`"${tools}" ${list}`);
  const variables = cell(row, templateVariables) ?? undefined;
  const isObject = typeof variables === 'object' && !Array.isArray(variables);
  if (variables !== undefined && !isObject) {
    problems.push(`"${templateVariables}" is ${kindOf(variables)}, expected an object`);
  }
  return {
    ...(typeof list === 'object' && { tools: list }),
    ...(isObject && { templateVariables: variables as Record<string, unknown> }),
  };
}

/** Response cells of a record. */
function responseCells(
  row: TableRow,
  mapping: ColumnMapping,
  problems: string[],
): [string, unknown][] {
  const cells = mapping.responses.map((column): [string, unknown] => [column, cell(row, column)]);
  if (mapping.responseMap !== undefined) {
    const map = cell(row, mapping.responseMap);
    if (typeof map !== 'object' || map === null || Array.isArray(map)) {
      problems.push(`"${mapping.responseMap}" is ${kindOf(map)}, expected writers and answers`);
    } else cells.push(...Object.entries(map));
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

/** Missing, null, empty or white space: no question and no answer. */
function isBlank(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  );
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'empty';
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}

/** Ids that stand for two different questions: the column does not name questions. */
function ambiguousIds(rows: readonly ResponseRow[]): string[] {
  const seen = new Map<string, string>();
  return rows.flatMap((row) => {
    const key = questionKey(row);
    const before = seen.get(row.id);
    seen.set(row.id, key);
    return before !== undefined && before !== key ? [row.id] : [];
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
  return name.replace(/\.(jsonl|json|ndjson|csv|tsv|tab|psv|txt|parquet)$/i, '') || name;
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
