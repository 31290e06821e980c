/** Numbers as files to take home: the page's way to the writers of `exchange`. */
import { tableToCsv, tableToJson, type CellRecord } from '../exchange/write-table.ts';

export function csvOf(columns: readonly string[], records: readonly CellRecord[]): string {
  return tableToCsv(columns, records);
}

export function jsonOf(columns: readonly string[], records: readonly CellRecord[]): string {
  return tableToJson(columns, records);
}
