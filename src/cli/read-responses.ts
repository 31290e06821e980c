/** Response files from the command line: any format the page takes, columns guessed. */
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { guessTable, readRecords } from '../data/records.ts';
import type { ResponseSet } from '../data/response-set.ts';
import { DataError } from '../errors.ts';
import { parseTable } from '../exchange/read-table.ts';

/** One or more sets per file, named after the file. */
export async function readResponseFiles(
  paths: readonly string[],
  rows?: number,
): Promise<ResponseSet[]> {
  const sets: ResponseSet[] = [];
  for (const path of paths) {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (cause) {
      throw new DataError(`${path} cannot be read.`, [String(cause)], { cause });
    }
    const table = parseTable(text, basename(path));
    const read = readRecords(table, guessTable(table).mapping);
    for (const notice of read.notices) process.stderr.write(`${notice}\n`);
    const name = basename(path, extname(path));
    for (const set of read.sets) {
      const own = read.sets.length === 1 ? name : `${name}/${set.name}`;
      sets.push({ ...set, id: own, name: own, rows: set.rows.slice(0, rows) });
    }
  }
  return sets;
}
