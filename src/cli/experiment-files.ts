/** What an experiment reads from disk: its file or preset, its models' files, its task's files. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { suggestion } from '../commands/nearest.ts';
import { UsageError } from '../errors.ts';
import type { ExperimentReport } from '../experiment/report/report.ts';
import { isPreset, presetExperiment, presets } from '../experiment/spec/presets.ts';
import { parseExperiment, type Experiment, type ModelSpec } from '../experiment/spec/schema.ts';
import { readInputs, type ExperimentInputs } from '../workflows/experiment/experiment-inputs.ts';
import type { ModelFiles } from '../storage/model-files.ts';
import { nodeFileSource, nodeModelFiles } from '../storage/node-file.ts';
import { isHubId } from '../storage/hub-id.ts';
import { embeddedPath, hubModel } from './open-model.ts';
import { readTextInput } from './read-file.ts';

/**
 * What the experiment's models and questions are made of.
 * @param name of the preset, or of the file from whose folder all paths in it are meant
 * @param hub where models are downloaded from
 * @throws DataError for what is missing, and for what is in the files
 */
export async function readExperimentFiles(
  name: string,
  experiment: Experiment,
  hub: string | undefined,
): Promise<ExperimentInputs> {
  const folder = isPreset(name) ? '.' : dirname(name);
  const at = (path: string) => resolve(folder, path);
  const model = async ({ id, source }: ModelSpec): Promise<ModelFiles | undefined> => {
    const path = source === undefined ? embeddedPath(id) : at(source);
    if (existsSync(path)) return nodeModelFiles(path);
    return source !== undefined && isHubId(source) ? hubModel(source, hub) : undefined;
  };
  return readInputs(experiment, {
    model,
    file: async (path) => (existsSync(at(path)) ? nodeFileSource(at(path)) : undefined),
  });
}

/** The run of the full cross-over that comes with the project; undefined in a copy without it. */
export async function storedReference(): Promise<ExperimentReport | undefined> {
  const path = new URL('../../public/reference/cross-over.json', import.meta.url);
  if (!existsSync(path)) return undefined;
  return JSON.parse(await readFile(path, 'utf8')) as ExperimentReport;
}

/** @throws UsageError for a name that is neither a preset nor a file, DataError for what is in it */
export async function namedExperiment(name: string): Promise<Experiment> {
  if (isPreset(name)) return presetExperiment(name);
  if (!existsSync(name)) {
    const known = Object.keys(presets);
    throw new UsageError(
      `${name} is neither a file nor a preset (${known.join(', ')}).${suggestion(name, known)}`,
    );
  }
  return parseExperiment(await readTextInput(name), basename(name));
}
