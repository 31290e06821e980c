/** A run as code that trains the same elsewhere, with the answers it needs beside it. */
import { trainingCode } from '../exchange/training-code.ts';
import { rowRecords } from '../data/row-record.ts';
import type { ResponseSet } from '../data/response-set.ts';
import type { RunRecord } from './run-record.ts';

/** Python for PEFT and transformers. */
export function codeOf({ modelId, setName, settings }: RunRecord): string {
  const { validation, ...rest } = settings;
  return trainingCode({
    ...rest,
    modelId,
    answersFile: answersFile(setName),
    validationFile: validation === undefined ? undefined : answersFile(validation),
  });
}

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
