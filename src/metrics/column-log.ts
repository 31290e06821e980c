/**
 * A growing table of numbers, kept as one typed array for each column so that plots read it without
 * copying. Rows are only ever appended; `version` tells who looks that there is something new.
 */
import { DataError } from '../errors.ts';

const FIRST_CAPACITY = 64;

/** Numbers as JSON has them: null for NaN, text for the infinities. */
type JsonNumber = number | null | 'Infinity' | '-Infinity';

export interface ColumnLogJson {
  length: number;
  columns: Record<string, JsonNumber[]>;
}

export class ColumnLog<Name extends string> {
  readonly names: readonly Name[];
  #columns: Map<Name, Float64Array>;
  #length = 0;
  #version = 0;

  constructor(names: readonly Name[]) {
    this.names = names;
    this.#columns = new Map(names.map((name) => [name, new Float64Array(FIRST_CAPACITY)]));
  }

  /** Rows so far. */
  get length(): number {
    return this.#length;
  }

  /** Rises with every change. */
  get version(): number {
    return this.#version;
  }

  /** Adds a row; columns without a value get NaN, values without a column are ignored. */
  append(row: Readonly<Partial<Record<Name, number | undefined>>>): void {
    for (const [name, column] of this.#columns) {
      let target = column;
      if (this.#length === column.length) {
        // Doubling keeps the copying per row constant on average.
        target = new Float64Array(column.length * 2);
        target.set(column);
        this.#columns.set(name, target);
      }
      target[this.#length] = row[name] ?? NaN;
    }
    this.#length++;
    this.#version++;
  }

  /** The column so far, without copying; later rows are not in this view. Throws for unknown names. */
  column(name: Name): Float64Array {
    const column = this.#columns.get(name);
    if (column === undefined) throw new RangeError(`The log has no column "${name}".`);
    return column.subarray(0, this.#length);
  }

  /** Value of one row; NaN when it was not given. */
  at(name: Name, row: number): number {
    return this.column(name)[row] ?? NaN;
  }

  /** Forgets all rows from `length` on, as when a run goes on from an earlier checkpoint. */
  truncate(length: number): void {
    if (length >= this.#length) return;
    this.#length = Math.max(0, length);
    // New arrays, for views handed out before still show what they showed.
    for (const [name, column] of this.#columns) this.#columns.set(name, column.slice());
    this.#version++;
  }

  toJSON(): ColumnLogJson {
    const columns = this.names.map((name) => [name, Array.from(this.column(name), toJsonNumber)]);
    return {
      length: this.#length,
      columns: Object.fromEntries(columns) as ColumnLogJson['columns'],
    };
  }

  /**
   * A log as it was saved; columns that did not exist then are NaN throughout.
   * @throws DataError that lists every column which does not fit.
   */
  static fromJSON<Name extends string>(names: readonly Name[], json: unknown): ColumnLog<Name> {
    const { length, columns } = checkJson(names, json);
    const log = new ColumnLog(names);
    for (let row = 0; row < length; row++) {
      const values: Partial<Record<Name, number>> = {};
      for (const name of names) {
        const value = columns.get(name)?.[row];
        if (value !== undefined) values[name] = fromJsonNumber(value);
      }
      log.append(values);
    }
    return log;
  }
}

function checkJson(
  names: readonly string[],
  json: unknown,
): { length: number; columns: Map<string, JsonNumber[]> } {
  const { length, columns } = (json ?? {}) as Partial<Record<keyof ColumnLogJson, unknown>>;
  if (!Number.isInteger(length) || typeof columns !== 'object' || columns === null) {
    throw new DataError('This is not a saved log: it needs "length" and "columns".');
  }
  const found = new Map<string, JsonNumber[]>();
  const problems: string[] = [];
  for (const name of names) {
    const column: unknown = Object.hasOwn(columns, name)
      ? (columns as Record<string, unknown>)[name]
      : undefined;
    if (column === undefined) continue;
    if (!Array.isArray(column)) problems.push(`"${name}" is not a list`);
    else if (column.length !== length) {
      problems.push(`"${name}" has ${column.length} values, expected ${String(length)}`);
    } else if (!column.every(isJsonNumber))
      problems.push(`"${name}" holds values that are no numbers`);
    else found.set(name, column);
  }
  if (problems.length > 0) throw new DataError('The saved log is damaged.', problems);
  return { length: length as number, columns: found };
}

function isJsonNumber(value: unknown): value is JsonNumber {
  return (
    typeof value === 'number' || value === null || value === 'Infinity' || value === '-Infinity'
  );
}

function toJsonNumber(value: number): JsonNumber {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return null;
  return value > 0 ? 'Infinity' : '-Infinity';
}

function fromJsonNumber(value: JsonNumber): number {
  return value === null ? NaN : Number(value);
}
