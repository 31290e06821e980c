/**
 * Multiple-choice questions from a table: {"id", "question", "options": ["…", …], "gold"}, one a
 * record. `choices` may stand for `options`, `answer` for `gold`. The right option is named by its
 * text, else by its letter (A is the first), else by its place counted from 0.
 */
import { throwProblems } from './problems.ts';
import type { ResponseRow, ResponseSet } from './response-set.ts';
import { cell, type Table, type TableRow } from './table.ts';

/**
 * Each question with its options; the response is the right one.
 * @throws DataError that names the file and lists every unreadable record with its line
 */
export function readChoices(table: Table): ResponseSet {
  const problems: string[] = [];
  const rows = table.rows.flatMap((row) => {
    const read = readRow(row);
    if (typeof read !== 'string') return [read];
    problems.push(`${table.fileName}, line ${row.line}: ${read}`);
    return [];
  });
  throwProblems(`${table.fileName} cannot be read as multiple choice.`, problems);
  return { id: 'choices', name: table.fileName.replace(/\.[^.]*$/, ''), rows };
}

/** The row, or a plain phrase why it is none. */
function readRow(row: TableRow): ResponseRow | string {
  const question = cell(row, 'question');
  const options = cell(row, 'options') ?? cell(row, 'choices');
  const named = cell(row, 'gold') ?? cell(row, 'answer');
  const id = cell(row, 'id');
  if (typeof question !== 'string' || question.trim() === '') return 'there is no "question"';
  if (!isTexts(options) || options.length < 2) {
    return '"options" is no list of at least two texts';
  }
  if (new Set(options).size < options.length) return 'two options are the same';
  if (typeof named !== 'string' && typeof named !== 'number') return 'there is no "gold"';
  const gold = rightOption(options, String(named));
  if (gold === undefined) return `"gold" names no option: ${named}`;
  const name = typeof id === 'string' || typeof id === 'number' ? String(id) : `line-${row.line}`;
  return { id: name, question, response: gold, gold, options };
}

function rightOption(options: readonly string[], named: string): string | undefined {
  if (options.includes(named)) return named;
  if (/^[A-Z]$/i.test(named)) return options[named.toUpperCase().charCodeAt(0) - 65];
  return /^\d+$/.test(named) ? options[Number(named)] : undefined;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((own) => typeof own === 'string' && own !== '');
