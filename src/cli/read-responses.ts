/** Response files from the command line: any format the page takes, columns guessed. */
import { basename, extname } from 'node:path';
import { firstSet, readGuessed } from '../data/records.ts';
import type { ResponseSet } from '../data/response-set.ts';
import { readTable } from '../exchange/read-table.ts';
import { nodeFileSource } from '../storage/node-file.ts';

/** The one set of a file; of several the first, with a notice. */
export async function readResponseFile(path: string, rows?: number): Promise<ResponseSet> {
  return firstSet({ sets: await readResponseFiles([path], rows), notices: [] }, basename(path));
}

/** One or more sets per file, named after the file; each with the notices of its file. */
export async function readResponseFiles(
  paths: readonly string[],
  rows?: number,
): Promise<ResponseSet[]> {
  const sets: ResponseSet[] = [];
  for (const path of paths) {
    const table = await readTable(await nodeFileSource(path), basename(path));
    const read = readGuessed(table);
    const name = basename(path, extname(path));
    for (const set of read.sets) {
      const setName = read.sets.length === 1 ? name : `${name}/${set.name}`;
      sets.push({ ...set, id: setName, name: setName, rows: set.rows.slice(0, rows) });
    }
  }
  return sets;
}
