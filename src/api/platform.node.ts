/** What the library needs of Node: files by their path, the hub's files kept on disk. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DataError } from '../errors.ts';
import type { ByteSource } from '../storage/byte-source.ts';
import { createDiskStore } from '../storage/disk-store.ts';
import type { FileStore } from '../storage/file-store.ts';
import { HUB_URL } from '../storage/config.ts';
import { isHubId } from '../storage/hub-id.ts';
import { downloadHubModel, parseHubId } from '../storage/hub.ts';
import type { ModelFiles } from '../storage/model-files.ts';
import { nodeFileSource, nodeModelFiles } from '../storage/node-file.ts';

export const platformName = `Node ${process.versions.node}, ${process.platform} ${process.arch}`;

/** A folder in Hugging Face layout, a .gguf file, or owner/name[@revision] on the hub. @throws DataError */
export async function modelFilesAt(where: string): Promise<ModelFiles> {
  if (existsSync(where)) return nodeModelFiles(where);
  if (!isHubId(where)) {
    throw new DataError(`There is no model at ${where}.`, [
      'Expected a folder, a .gguf file, or owner/name[@revision] on the hub.',
    ]);
  }
  const { IDIOLECT_CACHE, HF_ENDPOINT, XDG_CACHE_HOME } = process.env;
  const cache = IDIOLECT_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'idiolect');
  const baseUrl = HF_ENDPOINT ?? HUB_URL;
  return downloadHubModel(parseHubId(where), { store: storeAt(cache), baseUrl });
}

/** One store each: what a store has checked it does not read through again. */
function storeAt(folder: string): FileStore {
  const store = stores.get(folder) ?? createDiskStore(folder);
  stores.set(folder, store);
  return store;
}

const stores = new Map<string, FileStore>();

/** A file by its path; undefined when it is not there. */
export async function fileAt(path: string): Promise<ByteSource | undefined> {
  return existsSync(path) ? nodeFileSource(path) : undefined;
}

/** A path that is meant from the folder or file `base`. */
export function pathFrom(base: string, path: string): string {
  return resolve(base, path);
}
