/** Names and texts of the answers that a command or a run's code reads. */
import { rowRecords } from '../data/row-record.ts';
import type { ResponseSet } from '../data/response-set.ts';

/** Name of a set's file, as the code reads it. */
export function answersFile(setName: string): string {
  const plain = setName.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');
  return `${plain.replace(/^-|-$/g, '') || 'answers'}.jsonl`;
}

/** A set as the code reads it, a row each line. */
export function answersJsonLines({ rows }: ResponseSet): string {
  const given = rows.map(({ gold: _, options: __, ...row }) => row);
  return rowRecords(given)
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}

/** A set or run name as the beginning of a file's name. */
export function fileStem(name: string): string {
  return answersFile(name).replace(/\.jsonl$/, '');
}
