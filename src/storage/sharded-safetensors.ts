/**
 * Checkpoints divided over several safetensors files by an index
 * (`{"weight_map": {tensor: file}}`), opened as if they were one.
 */
import { isObject, readJson, type ByteSource } from './byte-source.ts';
import { throwProblems } from './problems.ts';
import { readSafetensors } from './safetensors.ts';
import type { NamedTensor, TensorFile } from './tensor-file.ts';

/** A plain file name beside the index; anything that could climb out of the folder is refused. */
export function isSafeShardName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$/.test(name) && !name.includes('..');
}

/**
 * The shard that holds each tensor: name → file. Throws a ModelFileError that lists bad entries.
 */
export async function readShardIndex(index: ByteSource): Promise<ReadonlyMap<string, string>> {
  const json = await readJson(index);
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
  return shards;
}

/** Opens all shards; throws one ModelFileError that lists missing files and missing tensors. */
export async function readShardedSafetensors(
  index: ByteSource,
  files: ReadonlyMap<string, ByteSource>,
): Promise<TensorFile> {
  const shards = await readShardIndex(index);
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
  return { tensors, metadata: opened.get(names[0]!)!.metadata, unreadable };
}
