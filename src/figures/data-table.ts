/** The numbers behind a plot, as page and report show them and as files hold them. */
import { digits } from './format.ts';

export type Cell = string | number | boolean | null | undefined;

export interface DataColumn {
  /** Name in the CSV. */
  key: string;
  /** Heading on the page. */
  label: string;
  /** What it is, exactly. */
  help?: string;
  number?: boolean;
  /** How a value reads; a number has three significant digits otherwise. */
  show?: (value: Cell) => string;
}

export type DataRecord = Readonly<Record<string, Cell>>;

/** Longer words break within their column, which is kept wide enough to be read. */
const LONG_CELL = 24;

export const isLong = (rows: readonly (readonly string[])[], column: number): boolean =>
  rows.some((row) => row[column]!.length > LONG_CELL);

export function showCell(column: DataColumn, value: Cell): string {
  if (column.show !== undefined) return column.show(value);
  if (value === undefined || value === null) return '–';
  return typeof value === 'number' ? digits(value) : String(value);
}
