/** Numbers as files to save: the page's way to the writers of `exchange`. */
import { tableToCsv, type CellRecord } from '../exchange/write-table.ts';

export function csvOf(columns: readonly string[], records: readonly CellRecord[]): string {
  return tableToCsv(columns, records);
}
