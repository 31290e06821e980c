/** Tables read without a worker, where tests of the page's state have none. */
import { readRecords } from '../../src/data/records.ts';
import { readTable } from '../../src/exchange/read-table.ts';
import type { OpenTables } from '../../src/state/open-table.ts';

export const tablesHere: OpenTables = async (source) => {
  const table = await readTable(source);
  return {
    table,
    count: table.rows.length,
    records: (mapping) => Promise.resolve(readRecords(table, mapping)),
    close: () => undefined,
  };
};
