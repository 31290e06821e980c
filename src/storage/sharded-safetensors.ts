/**
 * Checkpoints divided over several safetensors files by an index
 * (`{"weight_map": {tensor: file}}`), opened as if they were one.
 */
import { parseJson } from '../json-text.ts';
import { unknownKeys, unknownKeysNotice } from '../key-account.ts';
import { MAX_SAFETENSORS_HEADER_BYTES } from '../limits.ts';
import { notice, type Notice } from '../notices.ts';
import { isObject, readText, type ByteSource } from './byte-source.ts';
import { throwProblems } from './problems.ts';
import { readSafetensors } from './safetensors.ts';
import type { NamedTensor, TensorFile } from './tensor-file.ts';

/** A plain file name beside the index; anything that could climb out of the folder is refused. */
export function isSafeShardName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$/.test(name) && !name.includes('..');
}

export interface ShardIndex {
  /** The file that holds each tensor, by the tensor's name. */
  shards: ReadonlyMap<string, string>;
  notices: Notice[];
}

const INDEX_KEYS: ReadonlySet<string> = new Set(['weight_map']);
const HARMLESS_INDEX_KEYS = { metadata: 'sizes, for progress bars' };

/** Reads the index; throws a ModelFileError that lists bad entries. */
export async function readShardIndex(index: ByteSource): Promise<ShardIndex> {
  const json = parseJson(await readText(index, MAX_SAFETENSORS_HEADER_BYTES), index.name);
  const weightMap = isObject(json) ? json['weight_map'] : undefined;
  const problems: string[] = [];
  if (!isObject(weightMap) || Object.keys(weightMap).length === 0) {
    problems.push('"weight_map" must map tensor names to file names.');
  }
  const shards = new Map<string, string>();
  for (const [tensor, file] of Object.entries(isObject(weightMap) ? weightMap : {})) {
    if (typeof file === 'string' && isSafeShardName(file)) shards.set(tensor, file);
    else problems.push(`"${tensor}": ${JSON.stringify(file)} is not a plain .safetensors name.`);
  }
  throwProblems(`${index.name}: the list of shards is broken.`, problems);
  const unknown = unknownKeys(
    Object.entries(isObject(json) ? json : {}),
    INDEX_KEYS,
    HARMLESS_INDEX_KEYS,
  );
  return { shards, notices: unknownKeysNotice(index.name, unknown) };
}

/** Opens all shards; throws one ModelFileError that lists missing files and missing tensors. */
export async function readShardedSafetensors(
  index: ByteSource,
  files: ReadonlyMap<string, ByteSource>,
): Promise<TensorFile> {
  const { shards, notices } = await readShardIndex(index);
  const names = [...new Set(shards.values())].sort();
  const missing = names.filter((name) => !files.has(name));
  throwProblems(
    `${index.name}: parts of the model are missing.`,
    missing.map((name) => `The file ${name} is not there.`),
  );

  const opened = new Map<string, TensorFile>();
  for (const name of names) opened.set(name, await readSafetensors(files.get(name)!));
  const tensors = new Map<string, NamedTensor>();
  const unreadable = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, shard] of shards) {
    const file = opened.get(shard)!;
    const tensor = file.tensors.get(name);
    const format = file.unreadable.get(name);
    if (tensor !== undefined) tensors.set(name, tensor);
    else if (format !== undefined) unreadable.set(name, format);
    else problems.push(`"${name}" is not in ${shard}.`);
  }
  throwProblems(`${index.name}: tensors are missing from their shards.`, problems);
  for (const [name, file] of opened) {
    notices.push(...file.notices);
    const unlisted = [...file.tensors.keys()].filter((tensor) => shards.get(tensor) !== name);
    if (unlisted.length > 0) {
      const text = `${name} holds tensors that ${index.name} does not list for it; they were not used.`;
      notices.push(notice('dropped', text, unlisted));
    }
  }
  return { tensors, metadata: opened.get(names[0]!)!.metadata, unreadable, notices };
}
