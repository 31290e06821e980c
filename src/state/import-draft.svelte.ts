/** A table on its way in: what the columns are taken for, a preview, and corrections to the guess. */
import type { ColumnMapping, MappingGuess } from '../data/mapping.ts';
import { guessTable, previewRecords, type RecordsRead } from '../data/records.ts';
import type { Table } from '../data/table.ts';
import type { OpenTable } from './open-table.ts';

/** Columns with one meaning each; `responses` takes several. */
export type SingleColumn =
  'id' | 'question' | 'input' | 'gold' | 'choices' | 'conversation' | 'responseMap';

export class ImportDraft {
  /** With its first records only. */
  readonly table: Table;
  /** Records of the whole. */
  readonly count: number;
  readonly #open: OpenTable;
  readonly guess: MappingGuess;
  mapping = $state.raw<ColumnMapping>({ responses: [] });
  readonly preview = $derived.by(() => previewRecords(this.table, this.mapping));

  constructor(open: OpenTable) {
    this.#open = open;
    this.table = open.table;
    this.count = open.count;
    this.guess = guessTable(open.table);
    this.mapping = this.guess.mapping;
  }

  /** Says what a column means; undefined: no column has that meaning. */
  readonly choose = (meaning: SingleColumn, column: string | undefined): void => {
    const others = Object.entries(this.mapping).filter(([name]) => name !== meaning);
    const mapping = Object.fromEntries(others) as unknown as ColumnMapping;
    this.mapping = column === undefined ? mapping : { ...mapping, [meaning]: column };
  };

  /** Says whether a column holds the answers of a writer. */
  readonly chooseResponse = (column: string, chosen: boolean): void => {
    const others = this.mapping.responses.filter((name) => name !== column);
    this.mapping = { ...this.mapping, responses: chosen ? [...others, column] : others };
  };

  /** Every record. @throws DataError that lists what cannot be read */
  records(): Promise<RecordsRead> {
    return this.#open.records(this.mapping);
  }

  /** Lets the file go. */
  close(): void {
    this.#open.close();
  }
}
