/** The folder of an experiment: its file, one JSON for each finished stage, and the reports. */
import { existsSync } from 'node:fs';
import { readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResultStore } from '../experiment/run/results.ts';
import type { Experiment } from '../experiment/spec/schema.ts';
import type { Notice } from '../notices.ts';
import { openResults, type ResultFiles } from '../workflows/experiment/experiment-result.ts';
import { printNotices } from './print-notices.ts';
import { earlierResults, oneOf, type Written } from './earlier-results.ts';
import { cannotWrite } from './output-folder.ts';
import { writeDurably } from '../storage/durable.ts';
import { makeFolder } from '../storage/make-folder.ts';

export interface ResultFolder extends ResultStore {
  writeText(name: string, text: string): Promise<void>;
}

const isLog = oneOf([
  'experiment.json',
  'fingerprint.txt',
  'pieces',
  'measured',
  'stage-under-way',
]);
const isReport = oneOf(['report.json', 'report.html']);

/**
 * Names of an earlier experiment's results in the folder, to be set aside before new ones.
 * @throws DataError when there are some and neither are they continued nor is --overwrite given
 */
export async function earlierExperiment(
  folder: string,
  values: { resume: boolean; overwrite: boolean },
): Promise<string[]> {
  const begun = (await stagesIn(folder)).length > 0;
  const written: Written = {
    // Without a finished stage they are nobody's.
    logs: (name) => begun && isLog(name),
    results: (name) => isReport(name) || /^familiarity-.*\.json$/.test(name),
  };
  return earlierResults(folder, written, { ...values, resumed: values.resume && begun });
}

/**
 * Opens the folder for new results, or to go on with those that are there.
 * @throws DataError when they are of another experiment, model, engine or version
 */
export async function openResultFolder(
  folder: string,
  experiment: Experiment,
  fingerprint: string,
): Promise<ResultFolder> {
  await makeFolder(join(folder, 'pieces'));
  await makeFolder(join(folder, 'measured'));
  // A stamp that no result was kept under binds nobody.
  if ((await stagesIn(folder)).length === 0) {
    await rm(join(folder, 'fingerprint.txt'), { force: true });
  }
  const writing = async (path: string, content: string | Uint8Array) => {
    try {
      await writeDurably(path, content);
    } catch (cause) {
      throw cannotWrite(path, cause, [
        `Finished stages are kept in ${folder}: the same command goes on with --resume.`,
      ]);
    }
  };
  const texts: ResultFiles = {
    read: async (name) => {
      const path = join(folder, name);
      return existsSync(path) ? readFile(path, 'utf8') : undefined;
    },
    setAside: (name, as) => rename(join(folder, name), join(folder, as)),
    write: (name, text) => writing(join(folder, name), text),
    readBytes: async (name) => {
      const path = join(folder, name);
      return existsSync(path) ? new Uint8Array(await readFile(path)) : undefined;
    },
    writeBytes: (name, bytes) => writing(join(folder, name), bytes),
    remove: (name) => rm(join(folder, name), { force: true }),
  };
  const hear = (one: Notice) => printNotices([one]);
  const store = await openResults(texts, folder, experiment, fingerprint, hear);
  return { ...store, writeText: (name, text) => texts.write(name, text) };
}

/** Files of finished stages. */
async function stagesIn(folder: string): Promise<string[]> {
  const stages = join(folder, 'pieces');
  if (!existsSync(stages)) return [];
  return (await readdir(stages)).filter((name) => name.endsWith('.json'));
}
