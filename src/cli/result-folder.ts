/** The folder of an experiment: its file, one JSON for each finished piece, and the reports. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import type { PieceResult, ResultStore } from '../experiment/results.ts';
import type { Experiment } from '../experiment/schema.ts';
import { replaceFile } from './run-folder.ts';

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
  const pieces = join(folder, 'pieces');
  await mkdir(pieces, { recursive: true });
  const earlier = (await readdir(pieces)).filter((name) => name.endsWith('.json'));
  if (earlier.length > 0 && !resume) {
    throw new DataError(
      `${folder} holds ${earlier.length} results already. Go on with --resume, or choose another --out.`,
    );
  }
  const stampPath = join(folder, 'fingerprint.txt');
  if (earlier.length > 0) {
    const stamp = existsSync(stampPath) ? (await readFile(stampPath, 'utf8')).trim() : '';
    if (stamp !== fingerprint) {
      throw new DataError(
        `The results in ${folder} are of another experiment: its settings, a file, the engine or this program has changed. Choose another --out.`,
      );
    }
  }
  const writeText = (name: string, text: string) =>
    replaceFile(join(folder, name), new TextEncoder().encode(text));
  await writeText('experiment.json', `${JSON.stringify(experiment, null, 2)}\n`);
  await writeText('fingerprint.txt', `${fingerprint}\n`);
  return {
    writeText,
    read: async (id) => {
      const path = join(pieces, `${id}.json`);
      if (!existsSync(path)) return undefined;
      return JSON.parse(await readFile(path, 'utf8')) as PieceResult;
    },
    write: (result) => writeText(join('pieces', `${result.id}.json`), JSON.stringify(result)),
  };
}
