/** Reading a file that a person named. */
import { readFile } from 'node:fs/promises';
import { DataError } from '../errors.ts';
import { systemProblem } from './system-error.ts';

/** @throws DataError naming the file, what is wrong with it and what to do */
export async function readInput(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new DataError(systemProblem(cause, path) ?? `${path} cannot be read.`, [], { cause });
  }
}

/** The same as UTF-8. */
export async function readTextInput(path: string): Promise<string> {
  return new TextDecoder().decode(await readInput(path));
}
