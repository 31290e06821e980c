/**
 * A table of records before anyone knows what they mean: what a file reader hands over, with the
 * place of each record so that later errors can point into the file.
 */
import type { Notice } from '../notices.ts';

export interface TableRow {
  /** Line of the file where the record starts, or the record's number; both from 1. */
  line: number;
  /** Own properties only; read them with `cell`. */
  values: Readonly<Record<string, unknown>>;
}

export interface Table {
  /** Name of the file, or a word such as "pasted text". */
  fileName: string;
  /** Every column any record has, in order of first appearance. */
  columns: readonly string[];
  rows: readonly TableRow[];
  /** What `line` of a row counts; `line` when left out. */
  unit?: 'line' | 'record';
  /** True when cells can only be text, so that a list has to be written as JSON text. */
  textCells?: boolean;
  /** What the reader left out, assumed or doubts. */
  notices: readonly Notice[];
}

/** Where a record stands: "answers.csv, line 12". */
export function placeOf({ fileName, unit = 'line' }: Table, { line }: TableRow): string {
  return `${fileName}, ${unit} ${line}`;
}

/** A record's value; undefined when the record itself does not have the column. */
export function cell(row: TableRow, column: string | undefined): unknown {
  if (column === undefined || !Object.hasOwn(row.values, column)) return undefined;
  return row.values[column];
}

/** Columns of the records in order of first appearance. */
export function columnsOf(rows: readonly TableRow[]): string[] {
  const columns = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row.values)) columns.add(name);
  return [...columns];
}
