/** What an experiment reads, wherever it is read from: its models' files, its questions, its sets. */
import type { ResponseSet } from '../../data/response-set.ts';
import { cell, placeOf, type Table } from '../../data/table.ts';
import { DataError } from '../../errors.ts';
import { readTable } from '../../exchange/read-table.ts';
import { readTextFile } from '../../exchange/read-text.ts';
import { uniqueNotices, type Notice } from '../../notices.ts';
import { type Experiment, type ModelSpec } from '../../experiment/spec/schema.ts';
import { readTaskFiles } from '../../experiment/run/task-files.ts';
import { filesTask, worldTask, type Task } from '../../experiment/run/task.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { hashOf } from '../../storage/hash-file.ts';
import { isTextFile, type ModelFiles } from '../../storage/model-files.ts';

export interface InputPlaces {
  /** The files of a model; undefined when they are not where the experiment says. */
  model(spec: ModelSpec): Promise<ModelFiles | undefined>;
  /** A file by its path in the experiment; undefined when it is not there. */
  file(path: string): Promise<ByteSource | undefined>;
}

export interface ExperimentInputs {
  experiment: Experiment;
  task: Task;
  /** Sets that were read from files, by set id. */
  sets: ReadonlyMap<string, ResponseSet>;
  /** By model id. */
  models: ReadonlyMap<string, ModelFiles>;
  /** What reading the files left out, assumed or doubts. */
  notices: Notice[];
  /** What was read → SHA-256, by the name that stands in the experiment. */
  hashes: Record<string, string>;
}

/** @throws DataError listing every file that is missing, or what is wrong with one */
export async function readInputs(
  experiment: Experiment,
  places: InputPlaces,
): Promise<ExperimentInputs> {
  const missing: string[] = [];
  const models = new Map<string, ModelFiles>();
  for (const spec of experiment.models) {
    const files = await places.model(spec);
    if (files) models.set(spec.id, files);
    else missing.push(`models: ${spec.id} is not at ${spec.source ?? 'its place'}.`);
  }
  const files = new Map<string, ByteSource>();
  for (const { where, path } of pathsOf(experiment)) {
    const file = await places.file(path);
    if (file) files.set(path, file);
    else missing.push(`${where}: there is no file ${path}.`);
  }
  if (missing.length > 0) {
    throw new DataError(`${experiment.name} names files that are not there.`, missing);
  }

  const hashes: Record<string, string> = {};
  for (const [id, model] of models) {
    for (const [name, file] of model.files) {
      if (decides(name)) hashes[`${id}/${name}`] = await hashOf(file);
    }
  }
  for (const [path, file] of files) hashes[path] = await hashOf(file);
  const { task: spec } = experiment;
  if (spec.kind === 'world') {
    const task = worldTask(experiment, spec);
    return { experiment, models, task, sets: new Map(), notices: [], hashes };
  }
  const notices: Notice[] = [];
  const tables = new Map<string, Table>();
  for (const { where, path } of pathsOf(experiment)) {
    if (where === 'task.text' || tables.has(path)) continue;
    const table = await readTable(files.get(path)!, path.split('/').at(-1));
    notices.push(...table.notices);
    tables.set(path, table);
  }
  const read = readTaskFiles(spec, experiment.sets, (path) => tables.get(path)!);
  notices.push(...read.notices);
  const text =
    spec.text === undefined
      ? undefined
      : await readTexts(spec.text, files.get(spec.text)!, notices);
  const parts = { ...read.files, text };
  const { task, sets: joined, notices: ofJoin } = filesTask(spec, parts);
  const all = uniqueNotices([...notices, ...ofJoin]);
  return { experiment, models, hashes, task, sets: joined, notices: all };
}

/** A model's card or its training curve changes no number. */
const decides = (name: string) => isTextFile(name) || /\.(safetensors|gguf)$/i.test(name);

/** The files that an experiment names, besides its models'. */
export function pathsOf({ task, sets }: Experiment): { where: string; path: string }[] {
  const paths = sets.flatMap((set) =>
    set.kind === 'file' ? [{ where: `set ${set.id}`, path: set.path }] : [],
  );
  if (task.kind === 'files') {
    for (const part of ['test', 'validation', 'retention', 'text'] as const) {
      const path = task[part];
      if (path !== undefined) paths.push({ where: `task.${part}`, path });
    }
  }
  return paths;
}

/** Text without questions: a "text" in each record, or parts between blank lines. */
async function readTexts(path: string, file: ByteSource, notices: Notice[]): Promise<ResponseSet> {
  const fileName = path.split('/').at(-1)!;
  let texts: string[];
  if (/\.(jsonl|ndjson|json|csv|tsv|parquet)$/i.test(fileName)) {
    const table = await readTable(file, fileName);
    notices.push(...table.notices);
    texts = table.rows.map((row) => {
      const text = cell(row, 'text');
      if (typeof text === 'string') return text;
      throw new DataError(`${placeOf(table, row)}: there is no "text".`);
    });
  } else {
    const whole = await readTextFile(file, fileName);
    notices.push(...whole.notices);
    texts = whole.text.split(/(?:\r\n?|\n)\s*(?:\r\n?|\n)/);
  }
  const rows = texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((response, i) => ({ id: `text-${i + 1}`, question: '', response }));
  if (rows.length === 0) throw new DataError(`${fileName} holds no text.`);
  return { id: 'text', name: fileName, rows };
}
