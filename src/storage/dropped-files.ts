/**
 * Files and folders that someone dropped or picked, sorted into models and adapters, with what is
 * still missing said in words.
 */
import { blobSource, type ByteSource } from './byte-source.ts';
import { SHARD_INDEX_FILE, WEIGHTS_FILE, isTextFile } from './model-files.ts';
import type { ModelFiles } from './model-files.ts';

export interface DroppedFile {
  /** With the folder's name first when a folder was dropped, such as `SmolLM2/config.json`. */
  readonly path: string;
  readonly file: Blob;
}

export interface DroppedGroup extends ModelFiles {
  readonly kind: 'model' | 'gguf' | 'adapter' | 'unknown';
  /** What is needed and not there, a phrase each; empty when it can be opened. */
  readonly missing: readonly string[];
  /** Names of files that will not be used. */
  readonly ignored: readonly string[];
}

const ADAPTER_CONFIG = 'adapter_config.json';
const ADAPTER_WEIGHTS = 'adapter_model.safetensors';
const GGUF = /\.gguf$/i;
const SAFETENSORS = /\.safetensors$/;

/** One group a folder; files dropped loose make one group, and each .gguf file its own. */
export function groupDroppedFiles(dropped: Iterable<DroppedFile>): DroppedGroup[] {
  const folders = new Map<string, Map<string, ByteSource>>();
  for (const { path, file } of dropped) {
    const { folder, name } = placeOf(path);
    const key = GGUF.test(name) ? `${folder}/${name}` : folder;
    const files = folders.get(key) ?? new Map<string, ByteSource>();
    files.set(name, blobSource(name, file));
    folders.set(key, files);
  }
  return [...folders]
    .map(([folder, files]) => describe(folder, files))
    .filter((group, _, all) => group.kind !== 'unknown' || all.every((g) => g.kind === 'unknown'));
}

/** The innermost folder counts, except for the one folder that belongs to a model's layout. */
function placeOf(path: string): { folder: string; name: string } {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const depth = parts.at(-2) === 'additional_chat_templates' ? 2 : 1;
  return { folder: parts.slice(0, -depth).join('/'), name: parts.slice(-depth).join('/') };
}

function describe(folder: string, files: ReadonlyMap<string, ByteSource>): DroppedGroup {
  const names = [...files.keys()];
  const id = folder.split('/').at(-1)! || 'dropped files';
  const has = (name: string): boolean => files.has(name);
  if (names.some((name) => GGUF.test(name))) {
    return { id, files, kind: 'gguf', missing: [], ignored: [] };
  }
  if (has(ADAPTER_CONFIG) || has(ADAPTER_WEIGHTS)) {
    const missing = [ADAPTER_CONFIG, ADAPTER_WEIGHTS].filter((name) => !has(name));
    if (has('adapter_model.bin') && !has(ADAPTER_WEIGHTS)) {
      missing.push('(adapter_model.bin can run code when opened: save it as safetensors)');
    }
    const used = [ADAPTER_CONFIG, ADAPTER_WEIGHTS];
    return { id, files, kind: 'adapter', missing, ignored: names.filter((n) => !used.includes(n)) };
  }
  const isUsed = (name: string): boolean =>
    isTextFile(name) || SAFETENSORS.test(name) || name === SHARD_INDEX_FILE;
  const ignored = names.filter((name) => !isUsed(name));
  if (!names.some(isUsed)) {
    return {
      id,
      files,
      kind: 'unknown',
      missing: ['config.json, tokenizer.json and weights'],
      ignored,
    };
  }
  return { id, files, kind: 'model', missing: missingOfModel(names), ignored };
}

function missingOfModel(names: readonly string[]): string[] {
  const missing: string[] = [];
  if (!names.includes('config.json')) missing.push('config.json');
  const old = names.includes('vocab.json') && names.includes('merges.txt');
  if (!names.includes('tokenizer.json') && !old) missing.push('tokenizer.json');
  if (!names.includes(WEIGHTS_FILE) && !names.includes(SHARD_INDEX_FILE)) {
    const shards = names.filter((name) => SAFETENSORS.test(name));
    missing.push(shards.length > 0 ? SHARD_INDEX_FILE : WEIGHTS_FILE);
  }
  return missing;
}

/** The files of a dropped folder or file, as `DataTransferItem.webkitGetAsEntry` gives it. */
export async function filesOfEntry(entry: FileSystemEntry): Promise<DroppedFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: DroppedFile[] = [];
  for (;;) {
    // Browsers hand out a folder in batches of about a hundred, then an empty one.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return found;
    for (const inner of batch) found.push(...(await filesOfEntry(inner)));
  }
}

/** Files of an `<input type="file">`, with or without `webkitdirectory`. */
export function filesOfInput(files: Iterable<File>): DroppedFile[] {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}
