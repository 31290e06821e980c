/** What an earlier command left in a folder: never written over unasked, and moved rather than deleted. */
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, UsageError } from '../errors.ts';
import { notice } from '../notices.ts';
import { isTextFile, WEIGHTS_FILE } from '../storage/model-files.ts';
import { printNotices } from './print-notices.ts';

type Names = (name: string) => boolean;

/** Files and folders that a command writes. */
export interface Written {
  /** On the way: without a checkpoint nothing is lost with them. */
  logs: Names;
  /** At the end. */
  results: Names;
}

export interface Beginning {
  resume: boolean;
  overwrite: boolean;
  /** A checkpoint was found to go on from. */
  resumed: boolean;
}

/**
 * Names of earlier results in the folder, which `setAside` moves when the command is about to write.
 * @throws DataError when there are some and neither are they continued nor is --overwrite given
 */
export async function earlierResults(
  folder: string,
  { logs, results }: Written,
  { resume, overwrite, resumed }: Beginning,
): Promise<string[]> {
  if (resume && overwrite) {
    throw new UsageError(
      '--resume continues the run in the folder, --overwrite starts again: give one of them.',
    );
  }
  if (resumed) return [];
  const counts = (name: string) => results(name) || (!resume && logs(name));
  const names = (await readdir(folder)).filter(counts).sort();
  if (names.length > 0 && !overwrite) {
    throw new DataError(`${folder} holds results already: ${names.join(', ')}.`, [
      ...(resume ? [] : ['--resume continues that run, given with the same settings.']),
      'Another --out keeps it as it is.',
      '--overwrite starts again in the same folder; these files are then moved into a folder below it.',
    ]);
  }
  return names;
}

/** Moves them into a folder below that is named by the time. */
export async function setAside(folder: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const time = new Date().toISOString().replace(/\.\d+/, '').replaceAll(':', '-');
  const aside = join(folder, `earlier-${time}`);
  await mkdir(aside);
  for (const name of names) await rename(join(folder, name), join(aside, name));
  printNotices([notice('info', `The earlier results are in ${aside} now.`, names)]);
}

/** Whole files, and what a kill may leave of one. */
export const oneOf =
  (names: readonly string[]): Names =>
  (name) =>
    names.includes(name.replace(/\.new$/, ''));

export const isCheckpoint: Names = (name) => name.startsWith('checkpoint.');

/** A model in Hugging Face layout. */
export const isModelFile: Names = (name) =>
  name === WEIGHTS_FILE || name === 'additional_chat_templates' || isTextFile(name);
