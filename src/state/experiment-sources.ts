/** Where the models and files that an experiment names are found on this page. */
import { embeddedModels } from '../../models/catalog.ts';
import type { Table } from '../data/table.ts';
import { DataError } from '../errors.ts';
import { readTable } from '../exchange/read-table.ts';
import { readTaskFiles } from '../experiment/run/task-files.ts';
import { notice, type Notice } from '../notices.ts';
import type { Experiment, ModelSpec } from '../experiment/spec/schema.ts';
import type { ModelSource } from '../../workers/protocol.ts';
import { isHubId } from '../storage/hub-id.ts';
import type { ModelState } from './model.svelte.ts';

type FilesSpec = Extract<Experiment['task'], { kind: 'files' }>;

/** A file that an experiment names, as it was dropped or made. */
export interface TaskFile {
  content: Blob;
  /** Its records; undefined where it is no table. */
  table: Table | undefined;
}

/** Never throws: what is wrong with a file is said when the experiment is opened. */
export async function taskFile(content: Blob, path: string): Promise<TaskFile> {
  try {
    return { content, table: await readTable(content, path) };
  } catch {
    return { content, table: undefined };
  }
}

/** Empty while a file is missing; what cannot be read is a notice. */
export function taskNotices(
  task: FilesSpec,
  sets: Experiment['sets'],
  files: Readonly<Record<string, TaskFile>>,
): Notice[] {
  const named = pathsIn({ task: { ...task, text: undefined }, sets });
  const tables = new Map(named.map((path) => [path, files[path]?.table]));
  if ([...tables.values()].includes(undefined)) return [];
  try {
    return readTaskFiles(task, sets, (path) => tables.get(path)!).notices;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return [notice('doubtful', error.message.split('\n', 1)[0]!, error.problems)];
  }
}

/** The models that can take part: embedded ones, and the one that is open. */
export function offeredModels(model: ModelState): { spec: ModelSpec; label: string }[] {
  const { opened, summary } = model;
  const embedded = embeddedModels.map(({ id, label, dialect }) => ({
    spec: { id, ...(dialect !== undefined && { dialect }) },
    label,
  }));
  if (opened === undefined || opened.kind === 'embedded' || summary === undefined) return embedded;
  const source = nameOf(opened);
  return [...embedded, { spec: { id: slugOf(source), source }, label: summary.id }];
}

/** Undefined for a model that the page cannot reach. */
export function sourceOf({ id, source }: ModelSpec, model: ModelState): ModelSource | undefined {
  if (source === undefined) {
    return embeddedModels.some((embedded) => embedded.id === id) ? model.embedded(id) : undefined;
  }
  const { opened } = model;
  if (opened?.kind === 'files' && slugOf(opened.name) === slugOf(source)) return opened;
  return isHubId(source) ? model.onHub(source) : undefined;
}

/** A sentence for each model and file that is not there. */
export function missingOf(
  experiment: Experiment,
  model: ModelState,
  files: Readonly<Record<string, TaskFile>>,
): string[] {
  const models = experiment.models
    .filter((spec) => sourceOf(spec, model) === undefined)
    .map(({ id, source }) =>
      source === undefined
        ? `models: ${id} does not come with the page; it needs a "source".`
        : `models: open ${source} under Model first; the page cannot reach it by itself.`,
    );
  const absent = pathsIn(experiment).filter((path) => !Object.hasOwn(files, path));
  return [
    ...models,
    ...absent.map((path) => `There is no file ${path}: drop it here together with the experiment.`),
  ];
}

/** Of the files it names. */
export function pathsIn({ task, sets }: Pick<Experiment, 'task' | 'sets'>): string[] {
  const parts =
    task.kind === 'files' ? [task.test, task.validation, task.retention, task.text] : [];
  const setFiles = sets.map((set) => (set.kind === 'file' ? set.path : undefined));
  return [...setFiles, ...parts].filter((path) => path !== undefined);
}

/** Told from records of answers by its keys. */
export function isExperiment(text: string): boolean {
  try {
    const value = JSON.parse(text) as unknown;
    return (
      typeof value === 'object' &&
      value !== null &&
      ['sets', 'seeds', 'models'].some((key) => Object.hasOwn(value, key))
    );
  } catch {
    return false;
  }
}

function nameOf(source: ModelSource): string {
  if (source.kind === 'files') return source.name;
  const atRevision = source.kind === 'hub' && source.revision !== 'main';
  return atRevision ? `${source.id}@${source.revision}` : source.id;
}

function slugOf(name: string): string {
  // A revision may have slashes too.
  const last = name.replace(/@.*$/, '').split('/').at(-1)!.toLowerCase();
  return last.replaceAll(/[^a-z0-9.-]+/g, '-').replace(/^[^a-z0-9]+/, '') || 'model';
}
