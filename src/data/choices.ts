/**
 * Multiple-choice questions from a table of any layout in choice-layouts.ts. The right option is named by a label
 * of the data (ARC's "1" to "4"), by its text, by its letter (A is the first), or by an index counted from 0: a
 * number is always an index, digits written as text are one unless every such record has that text as an option.
 */
import { notice, type Notice } from '../notices.ts';
import { choiceRecord, type ChoiceRecord } from './choice-layouts.ts';
import { letter } from './option-named.ts';
import { throwProblems } from './problems.ts';
import type { ResponseRow, ResponseSet } from './response-set.ts';
import { cell, placeOf, type Table, type TableRow } from './table.ts';

/** How many records decide whether a table is multiple choice. */
const SAMPLE_ROWS = 50;

/** Whether the records of a table have options, in any layout. */
export function hasChoices({ rows }: Pick<Table, 'rows'>): boolean {
  return (
    rows.length > 0 &&
    rows.slice(0, SAMPLE_ROWS).every((row) => (choiceRecord(row)?.options?.length ?? 0) > 1)
  );
}

/** A question with its options; `gold` is the text of the right one. */
export type ChoiceQuestion = Required<Pick<ResponseRow, 'gold' | 'options'>> &
  Pick<ResponseRow, 'labels'> & {
    /** Undefined where there is none, or where it is not a text: then a conversation may hold it. */
    question: string | undefined;
  };

export const NO_QUESTION = 'there is no "question"';

export interface ChoicesRead {
  /** Of each row its question, or a plain phrase why it is none. */
  read: ReadonlyMap<TableRow, ChoiceQuestion | string>;
  /** What was assumed, and what is doubtful. */
  notices: Notice[];
}

/**
 * Each question with its options; the response is the right one. What is assumed or doubtful is in its notices.
 * @throws DataError that names the file and lists every unreadable record with its line
 */
export function readChoices(table: Table): ResponseSet {
  const { fileName } = table;
  const { read, notices: doubts } = readOptions(table, table.rows);
  const problems: string[] = [];
  const rows = [...read].flatMap(([row, question]): ResponseRow[] => {
    const text = typeof question === 'string' ? undefined : question.question;
    if (typeof question !== 'string' && text !== undefined) {
      return [{ id: nameOf(row), response: question.gold, ...question, question: text }];
    }
    const problem = typeof question === 'string' ? question : NO_QUESTION;
    problems.push(`${placeOf(table, row)}: ${problem}`);
    return [];
  });
  throwProblems(`${fileName} cannot be read as multiple choice.`, problems);
  const notices = [...table.notices, ...doubts];
  return {
    id: 'choices',
    name: fileName.replace(/\.[^.]*$/, ''),
    ...(notices.length > 0 && { notices }),
    rows,
  };
}

/** The same of some of a table's rows, without an end at what cannot be read. */
export function readOptions(table: Table, rows: readonly TableRow[]): ChoicesRead {
  const questions = new Map(rows.map((row) => [row, readQuestion(row)]));
  const digits = [...questions.values()].filter(isDigits);
  const areTexts = digits.every(({ options, right }) => options.includes(String(right)));
  const digitsAre = digits.length > 0 && areTexts ? 'text' : 'index';
  const doubts: Doubts = { index: [], text: [], equal: [] };
  const read = new Map<TableRow, ChoiceQuestion | string>();
  for (const [row, record] of questions) {
    const at = typeof record === 'string' ? record : rightOption(record, digitsAre);
    if (typeof record === 'string' || typeof at === 'string') {
      read.set(row, String(at));
      continue;
    }
    const { question, options, labels } = record;
    read.set(row, { question, gold: options[at]!, options, ...(labels && { labels }) });
    const place = placeOf(table, row);
    const reading = ambiguous(record, at);
    if (reading) doubts[reading].push(place);
    if (new Set(options).size < options.length) doubts.equal.push(place);
  }
  return { read, notices: doubtNotices(doubts) };
}

/** Places of questions that could be read in another way, or have two equal options. */
type Doubts = Record<'index' | 'text' | 'equal', string[]>;

/** How digits were read that could be an index as well as the text of another option. */
function ambiguous(
  { options, labels, right, byIndex }: Question,
  chosen: number,
): 'index' | 'text' | undefined {
  if (labels || byIndex || !/^\d+$/.test(String(right))) return undefined;
  const [asText, asIndex] = [options.indexOf(String(right)), Number(right)];
  if (asText < 0 || options[asIndex] === undefined || asText === asIndex) return undefined;
  return chosen === asIndex ? 'index' : 'text';
}

function doubtNotices({ index, text, equal }: Doubts): Notice[] {
  const notices = [
    notice(
      'assumed',
      'A number that is also the text of an option is read as an index counted from 0.',
      index,
    ),
    notice(
      'assumed',
      'Digits that could be an index are read as the text of an option; write an index as a number, without quotes.',
      text,
    ),
    notice('doubtful', 'Two options of a question are the same.', equal),
  ];
  return notices.filter(({ places }) => places.length > 0);
}

interface Question extends ChoiceRecord {
  question: string | undefined;
  options: readonly string[];
}

/** The question, or a plain phrase why it is none. */
function readQuestion(row: TableRow): Question | string {
  const record = choiceRecord(row);
  if (!record) return 'there are no "options" or "choices"';
  const { options: given, labels } = record;
  const hasQuestion = typeof record.question === 'string' && record.question.trim() !== '';
  const question = hasQuestion ? (record.question as string) : undefined;
  const options = given?.map((option) => (typeof option === 'number' ? String(option) : option));
  if (!isTexts(options) || options.length < 2)
    return '"options" is not a list of at least two texts';
  if (labels && labels.length !== options.length) {
    return `there are ${options.length} options and ${labels.length} labels`;
  }
  return { ...record, question, options };
}

const isTexts = (value: readonly unknown[] | undefined): value is string[] =>
  value !== undefined && value.every((option) => typeof option === 'string' && option !== '');

/** Digits written as text where the layout leaves open what they are. */
const isDigits = (record: Question | string): record is Question =>
  typeof record !== 'string' &&
  record.labels === undefined &&
  record.byIndex !== true &&
  typeof record.right === 'string' &&
  /^\s*\d+\s*$/.test(record.right);

/** Index of the right option, or a plain phrase why there is none. */
function rightOption(question: Question, digitsAre: 'index' | 'text'): number | string {
  const { options, labels, right, byIndex } = question;
  if ((typeof right !== 'string' && typeof right !== 'number') || String(right).trim() === '') {
    return 'it does not say which option is right ("gold", "answer", "answerKey" or "label")';
  }
  const text = String(right).trim();
  const labelled = labels?.indexOf(text) ?? -1;
  if (labelled >= 0) return labelled;
  const isIndex =
    typeof right === 'number' || byIndex === true || (isDigits(question) && digitsAre === 'index');
  // Beside labels that are digits themselves, a number that is no label is not an index either.
  const index = isIndex && !labels?.some((label) => /^\d+$/.test(label)) ? Number(text) : undefined;
  if (index !== undefined && options[index] !== undefined) return index;
  const written = index === undefined ? options.indexOf(String(right)) : -1;
  if (written >= 0) return written;
  const lettered = /^\(?([a-z])[).]?$/i.exec(text)?.[1];
  const at =
    lettered === undefined ? -1 : options.findIndex((_, i) => letter(i) === lettered.toUpperCase());
  return at >= 0 ? at : `no option is named ${text}; ${expected(question)}`;
}

function expected({ options, labels }: Question): string {
  const names = labels ?? options.map((_, i) => letter(i));
  return `expected ${names[0]} to ${names.at(-1)}, the text of an option, or an index from 0 to ${options.length - 1}`;
}

function nameOf(row: TableRow): string {
  const id = cell(row, 'id') ?? cell(row, 'ind');
  return typeof id === 'string' || typeof id === 'number' ? String(id) : `line-${row.line}`;
}
