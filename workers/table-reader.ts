/**
 * The worker that reads one file of answers, beside the trainer, which may be busy for minutes. The table stays
 * here: the page gets its first records, and of the sets a part at a time, so that no message holds it up.
 */
import { expose } from 'comlink';
import type { ColumnMapping } from '../src/data/mapping.ts';
import { readRecords, SAMPLE_ROWS, type RecordsRead } from '../src/data/records.ts';
import type { ResponseRow, ResponseSet } from '../src/data/response-set.ts';
import type { Table } from '../src/data/table.ts';
import { DataError } from '../src/errors.ts';
import { readTable } from '../src/exchange/read-table.ts';
import { sendErrorsWhole } from './whole-errors.ts';

/** A table without most of its records. */
export interface TableSketch {
  /** With as many records as a guess and a preview look at. */
  table: Table;
  /** Records of the whole. */
  count: number;
}

export interface SetsSketch {
  /** Without their rows. */
  sets: ResponseSet[];
  counts: number[];
  notices: RecordsRead['notices'];
}

export class TableReader {
  #table: Table | undefined;
  #sets: readonly ResponseSet[] = [];

  async open(source: Blob | string): Promise<TableSketch> {
    const table = await readTable(source);
    this.#table = table;
    return {
      table: { ...table, rows: table.rows.slice(0, SAMPLE_ROWS) },
      count: table.rows.length,
    };
  }

  /** @throws DataError that lists what cannot be read */
  records(mapping: ColumnMapping): SetsSketch {
    if (this.#table === undefined) throw new DataError('There is no table to read records from.');
    const { sets, notices } = readRecords(this.#table, mapping);
    this.#sets = sets;
    return {
      sets: sets.map((set) => ({ ...set, rows: [] })),
      counts: sets.map(({ rows }) => rows.length),
      notices,
    };
  }

  /** Rows of one of the sets that `records` named last. */
  rows(set: number, from: number, to: number): ResponseRow[] {
    return this.#sets[set]?.rows.slice(from, to) ?? [];
  }
}

sendErrorsWhole();
expose(new TableReader());
