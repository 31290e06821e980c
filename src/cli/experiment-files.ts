/** What an experiment reads from disk: its file or preset, its models' files, its task's files. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { ResponseSet } from '../data/response-set.ts';
import { DataError, UsageError } from '../errors.ts';
import { isPreset, presetExperiment, presets } from '../experiment/presets.ts';
import { parseExperiment, type Experiment } from '../experiment/schema.ts';
import { filesTask, worldTask, type Task } from '../experiment/task.ts';
import { hashOf } from '../storage/file-store.ts';
import { nodeFileSource, nodeModelFiles } from '../storage/node-file.ts';
import { embeddedPath } from './open-lab.ts';
import { readResponseFiles } from './read-responses.ts';

export interface ExperimentFiles {
  experiment: Experiment;
  /** Model id → folder or GGUF file. */
  modelPaths: Map<string, string>;
  task: Task;
  /** Sets that were read from files, by set id. */
  sets: Map<string, ResponseSet>;
  /** What was read → SHA-256, by the name that stands in the experiment file. */
  hashes: Record<string, string>;
}

/** @throws UsageError for a name that is neither a preset nor a file, DataError for what is in it */
export async function readExperimentFiles(
  name: string,
  change: (experiment: Experiment) => Experiment,
): Promise<ExperimentFiles> {
  const experiment = change(await readNamed(name));
  const folder = isPreset(name) ? '.' : dirname(name);
  const at = (path: string) => resolve(folder, path);
  const hashes: Record<string, string> = {};
  const modelPaths = new Map<string, string>();
  const missing: string[] = [];
  for (const { id, source } of experiment.models) {
    const path = source === undefined ? embeddedPath(id) : at(source);
    if (existsSync(path)) modelPaths.set(id, path);
    else missing.push(`models: ${id} is not at ${source ?? path}.`);
  }
  for (const { where, path } of taskPaths(experiment)) {
    if (!existsSync(at(path))) missing.push(`${where}: there is no file ${path}.`);
  }
  if (missing.length > 0) throw new DataError(`${name} names files that are not there.`, missing);

  for (const [id, path] of modelPaths) {
    for (const [file, source] of (await nodeModelFiles(path)).files) {
      hashes[`${id}/${file}`] = await hashOf(source);
    }
  }
  for (const { path } of taskPaths(experiment)) {
    hashes[path] = await hashOf(await nodeFileSource(at(path)));
  }
  const { task: spec } = experiment;
  if (spec.kind === 'world') {
    return { experiment, modelPaths, task: worldTask(experiment, spec), sets: new Map(), hashes };
  }
  const read = async (path: string) => (await readResponseFiles([at(path)]))[0]!;
  const sets = new Map<string, ResponseSet>();
  for (const set of experiment.sets) {
    if (set.kind === 'file') sets.set(set.id, { ...(await read(set.path)), id: set.id });
  }
  const files = {
    sets,
    test: await read(spec.test),
    validation: spec.validation === undefined ? undefined : await read(spec.validation),
    retention: spec.retention === undefined ? undefined : await read(spec.retention),
  };
  return { experiment, modelPaths, hashes, ...filesTask(spec, files) };
}

async function readNamed(name: string): Promise<Experiment> {
  if (isPreset(name)) return presetExperiment(name);
  let text: string;
  try {
    text = await readFile(name, 'utf8');
  } catch (cause) {
    const known = Object.keys(presets).join(', ');
    throw new UsageError(
      `${name} is neither a preset (${known}) nor a file that can be read.`,
      [String(cause)],
      { cause },
    );
  }
  return parseExperiment(text, basename(name));
}

function taskPaths({ task, sets }: Experiment): { where: string; path: string }[] {
  const paths = sets.flatMap((set) =>
    set.kind === 'file' ? [{ where: `set ${set.id}`, path: set.path }] : [],
  );
  if (task.kind === 'files') {
    for (const part of ['test', 'validation', 'retention'] as const) {
      const path = task[part];
      if (path !== undefined) paths.push({ where: `task.${part}`, path });
    }
  }
  return paths;
}
