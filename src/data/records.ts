/**
 * From a table and a column mapping to response sets. Everything wrong is collected and told at
 * once with its line; what is merely odd becomes a notice.
 */
import { DataError } from '../errors.ts';
import { refuseBeyond } from '../limits.ts';
import { notice, noticeText, type Notice } from '../notices.ts';
import { looksLikeTurns } from './chat-turns.ts';
import type { ColumnMapping, MappingGuess } from './mapping.ts';
import { guessMapping, KNOWN_FORMAT } from './mapping.ts';
import { choiceColumn, namesRight } from './choice-layouts.ts';
import { hasChoices, readOptions } from './choices.ts';
import { countOf, OddRecords } from './odd-records.ts';
import { capProblems, throwProblems } from './problems.ts';
import { readRecord, withOptions } from './read-record.ts';
import { ambiguousIds, baseName, freshId, textId } from './record-names.ts';
import type { ResponseRow, ResponseSet } from './response-set.ts';
import { noticesOf, questionKey } from './response-set.ts';
import type { Table, TableRow } from './table.ts';
import { cell, placeOf } from './table.ts';

/** How many records a guess looks at. */
export const SAMPLE_ROWS = 50;

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
  if (table.rows.length === 0) throw new DataError(`${table.fileName} holds no records.`);
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

/**
 * As `readRecords` with the columns guessed, for where nobody can correct the guess: one that goes by
 * the look of the columns is told.
 */
export function readGuessed(table: Table, options: RecordsOptions = {}): RecordsRead {
  const { format, mapping, confidence, reasons } = guessTable(table);
  const sure = confidence >= KNOWN_FORMAT || format === 'unknown';
  const doubt = notice('assumed', `${table.fileName}: ${reasons.join(' ')}`);
  const notices = sure ? table.notices : [...table.notices, doubt];
  return readRecords({ ...table, notices }, mapping, options);
}

/** The first of a file's sets, where one is needed; the others are told. */
export function firstSet({ sets }: RecordsRead, fileName: string): ResponseSet {
  const [first, ...others] = sets;
  if (first === undefined) throw new DataError(`${fileName} holds no records.`);
  if (others.length === 0) return first;
  const text = `${fileName} holds ${sets.length} sets of answers; the first, "${first.name}", is used.`;
  const left = others.map(({ name }) => name);
  return { ...first, notices: [...noticesOf(first), notice('dropped', text, left)] };
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
    for (const what of record.unused) odd.unused.push(`${place}: ${what}`);
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
      refuseBeyond(table.fileName, 'sets', writers.size);
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
