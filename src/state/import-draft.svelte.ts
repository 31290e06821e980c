/** A table on its way in: what the columns are taken for, a preview, and corrections to the guess. */
import type { ColumnMapping, MappingGuess } from '../data/mapping.ts';
import { guessTable, previewRecords, readRecords, type RecordsRead } from '../data/records.ts';
import type { Table } from '../data/table.ts';
import { readTable } from '../exchange/read-table.ts';

/** Columns with one meaning each; `responses` takes several. */
export type SingleColumn =
  'id' | 'question' | 'input' | 'gold' | 'choices' | 'conversation' | 'responseMap';

export class ImportDraft {
  readonly table: Table;
  readonly guess: MappingGuess;
  mapping = $state.raw<ColumnMapping>({ responses: [] });
  readonly preview = $derived.by(() => previewRecords(this.table, this.mapping));

  constructor(table: Table) {
    this.table = table;
    this.guess = guessTable(table);
    this.mapping = this.guess.mapping;
  }

  /** @throws DataError when the source is no table of records */
  static async read(source: Blob | string): Promise<ImportDraft> {
    return new ImportDraft(await readTable(source));
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
  records(): RecordsRead {
    return readRecords(this.table, this.mapping);
  }
}
