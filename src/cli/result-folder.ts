/** The folder of an experiment: its file, one JSON for each finished stage, and the reports. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, StorageError } from '../errors.ts';
import type { ResultStore } from '../experiment/run/results.ts';
import type { Experiment } from '../experiment/spec/schema.ts';
import { openResults, type TextFiles } from '../workflows/experiment/experiment-result.ts';
import { replaceFile } from './run-folder.ts';
import { systemProblem } from './system-error.ts';

export interface ResultFolder extends ResultStore {
  writeText(name: string, text: string): Promise<void>;
}

/**
 * Opens the folder for new results, or to go on.
 * @throws DataError when there are results and `resume` is false, or when they are of another
 * experiment, model, engine or version
 */
export async function openResultFolder(
  folder: string,
  experiment: Experiment,
  fingerprint: string,
  resume: boolean,
): Promise<ResultFolder> {
  const stages = join(folder, 'pieces');
  await mkdir(stages, { recursive: true });
  await mkdir(join(folder, 'measured'), { recursive: true });
  const earlier = (await readdir(stages)).filter((name) => name.endsWith('.json'));
  if (earlier.length > 0 && !resume) {
    throw new DataError(
      `${folder} holds ${earlier.length} results already. Go on with --resume, or choose another --out.`,
    );
  }
  // A stamp that no result was kept under binds nobody.
  if (earlier.length === 0) await rm(join(folder, 'fingerprint.txt'), { force: true });
  const texts: TextFiles = {
    read: async (name) => {
      const path = join(folder, name);
      return existsSync(path) ? readFile(path, 'utf8') : undefined;
    },
    write: async (name, text) => {
      const path = join(folder, name);
      try {
        await replaceFile(path, text);
      } catch (cause) {
        const reason = systemProblem(cause) ?? String(cause);
        throw new StorageError(`${path} cannot be written.`, [reason], { cause });
      }
    },
  };
  const store = await openResults(texts, folder, experiment, fingerprint);
  return { ...store, writeText: (name, text) => texts.write(name, text) };
}
