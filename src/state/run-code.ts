/** A run as code that trains the same elsewhere, with the answers it needs beside it. */
import { trainingCode } from '../exchange/training-code.ts';
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

/** A set as the code reads it: one {question, response} a line. */
export function answersJsonLines({ rows }: ResponseSet): string {
  return rows
    .map(({ id, question, response }) => `${JSON.stringify({ id, question, response })}\n`)
    .join('');
}

/** A set or run name as the beginning of a file's name. */
export function fileStem(name: string): string {
  return answersFile(name).replace(/\.jsonl$/, '');
}
