/**
 * Models from the Hugging Face Hub, or any server that lays its files out the same way:
 * `{base}/{owner}/{name}/resolve/{revision}/{file}`. A model that is already stored in full is
 * opened without asking the server.
 */
import { DownloadError, UnsupportedModelError } from '../errors.ts';
import { HUB_URL } from './config.ts';
import { parseJson } from '../json-text.ts';
import { isObject, readText, type ByteSource } from './byte-source.ts';
import type { FileStore } from './file-store.ts';
import {
  SHARD_INDEX_FILE,
  TEXT_FILES,
  WEIGHTS_FILE,
  isTextFile,
  type ModelFiles,
} from './model-files.ts';
import { ModelDownload, type DownloadOptions, type RemoteFile } from './model-download.ts';
import { Sha256 } from './sha256.ts';
import { readShardIndex } from './sharded-safetensors.ts';
import { storageRoom } from './storage-room.ts';

export interface HubId {
  /** `owner/name` */
  readonly id: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

export interface HubOptions extends DownloadOptions {
  /** Another server with the hub's addresses. */
  readonly baseUrl?: string;
}

/** Written last, with the names of all files: a folder that has it is complete. */
const COMPLETE_NOTE = 'idiolect-complete.json';

const TEMPLATES_FOLDER = 'additional_chat_templates';

/** `owner/name` or `owner/name@revision`, also as copied from the address bar. Throws a DownloadError. */
export function parseHubId(text: string): HubId {
  const plain = text
    .trim()
    .replace(/^https?:\/\/[^/]+\//, '')
    .replace(/\/+$/, '');
  const match = /^([\w.-]+)\/([\w.-]+?)(?:@([\w./-]+)|\/tree\/([\w./-]+))?$/.exec(plain);
  const [, owner, name, revision, branch] = match ?? [];
  if (owner === undefined || name === undefined || /^\.+$/.test(owner) || /^\.+$/.test(name)) {
    throw new DownloadError(
      `"${text}" is no model name. Expected owner/name or owner/name@revision.`,
    );
  }
  return { id: `${owner}/${name}`, revision: revision ?? branch ?? 'main' };
}

/** Where a model's files are kept in a store. */
export function hubFolder({ id, revision }: HubId): string {
  return `hub/${id}@${encodeURIComponent(revision)}`;
}

/**
 * Downloads a model, or opens it from the store. Throws a DownloadError (what the server lacks or
 * got wrong), an UnsupportedModelError (no weights we can read) or a StoppedError.
 */
export async function downloadHubModel(model: HubId, options: HubOptions): Promise<ModelFiles> {
  const folder = hubFolder(model);
  const { id } = model;
  const stored = await openStoredModel(options.store, folder, id);
  if (stored !== undefined) return { ...stored, revision: model.revision };

  const base = (options.baseUrl ?? HUB_URL).replace(/\/+$/, '');
  const revision = encodeURIComponent(model.revision);
  const remote = (name: string): RemoteFile => ({
    name,
    url: `${base}/${id}/resolve/${revision}/${name}`,
  });
  const download = new ModelDownload(folder, options);
  const listing = await listFiles(`${base}/api/models/${id}/tree/${revision}`, options);
  if (listing === undefined) {
    await downloadUnlisted(model, download, remote);
  } else {
    const wanted = chooseFiles(model, listing).map((file) => ({ ...file, ...remote(file.name) }));
    await makeRoom(wanted, download);
    download.announce(wanted);
    for (const file of wanted) await download.require(file);
    await downloadShards(download, (name) => ({ ...listing.get(name), ...remote(name) }));
  }
  await writeCompleteNote(folder, download);
  return { id, revision: model.revision, files: download.files };
}

interface Listed {
  readonly name: string;
  readonly size: number | undefined;
  readonly sha256: string | undefined;
}

/** The files of a repository with sizes and hashes, or undefined when the server keeps no list. */
async function listFiles(
  url: string,
  options: HubOptions,
): Promise<ReadonlyMap<string, Listed> | undefined> {
  const listed = new Map<string, Listed>();
  const read = async (address: string): Promise<boolean> => {
    const get = options.fetch ?? globalThis.fetch.bind(globalThis);
    let entries: unknown;
    try {
      const response = await get(address, options.signal ? { signal: options.signal } : {});
      if (!response.ok) return false;
      entries = await response.json();
    } catch {
      // The files themselves will tell whether the server can be reached.
      return false;
    }
    if (!Array.isArray(entries)) return false;
    for (const entry of entries as unknown[]) addEntry(entry, listed);
    return true;
  };
  if (!(await read(url))) return undefined;
  if (listed.has(TEMPLATES_FOLDER)) await read(`${url}/${TEMPLATES_FOLDER}`);
  listed.delete(TEMPLATES_FOLDER);
  return listed;
}

function addEntry(entry: unknown, listed: Map<string, Listed>): void {
  if (!isObject(entry) || typeof entry['path'] !== 'string') return;
  const { path, type, size, lfs } = entry;
  if (type === 'directory' && path !== TEMPLATES_FOLDER) return;
  const oid = isObject(lfs) ? lfs['oid'] : undefined;
  listed.set(path, {
    name: path,
    size: type !== 'directory' && typeof size === 'number' ? size : undefined,
    sha256: typeof oid === 'string' && /^[0-9a-f]{64}$/.test(oid) ? oid : undefined,
  });
}

/** Texts first: a mistake shows before the large file is fetched. Shards follow from the index. */
function chooseFiles({ id }: HubId, listing: ReadonlyMap<string, Listed>): Listed[] {
  const names = [...listing.keys()];
  const weights = [WEIGHTS_FILE, SHARD_INDEX_FILE].find((name) => listing.has(name));
  if (weights === undefined) {
    throw new UnsupportedModelError(
      `${id}: expected ${WEIGHTS_FILE} or ${SHARD_INDEX_FILE} among its files.`,
      [`There are: ${names.join(', ')}.`],
    );
  }
  const old = ['vocab.json', 'merges.txt'];
  const texts = names.filter(
    (name) => isTextFile(name) && !(old.includes(name) && listing.has('tokenizer.json')),
  );
  return [...texts, weights].map((name) => listing.get(name)!);
}

/** On servers without a list: what may be missing is asked for and may be missing. */
async function downloadUnlisted(
  { id }: HubId,
  download: ModelDownload,
  remote: (name: string) => RemoteFile,
): Promise<void> {
  await download.require(remote('config.json'));
  const hasTokenizer = (await download.tryFile(remote('tokenizer.json'))) !== undefined;
  for (const name of TEXT_FILES) {
    if (hasTokenizer && (name === 'vocab.json' || name === 'merges.txt')) continue;
    if (!download.files.has(name) && name !== 'tokenizer.json')
      await download.tryFile(remote(name));
  }
  if ((await download.tryFile(remote(WEIGHTS_FILE))) !== undefined) return;
  if ((await download.tryFile(remote(SHARD_INDEX_FILE))) === undefined) {
    throw new UnsupportedModelError(
      `${id}: the server has neither ${WEIGHTS_FILE} nor ${SHARD_INDEX_FILE}.`,
    );
  }
  await downloadShards(download, remote);
}

async function downloadShards(
  download: ModelDownload,
  remote: (name: string) => RemoteFile,
): Promise<void> {
  const index = download.files.get(SHARD_INDEX_FILE);
  if (index === undefined) return;
  const shards = [...new Set((await readShardIndex(index)).shards.values())].sort().map(remote);
  download.announce(shards);
  await makeRoom(shards, download);
  for (const shard of shards) await download.require(shard);
}

/** Better told at the start than after half of the file. */
async function makeRoom(files: readonly RemoteFile[], download: ModelDownload): Promise<void> {
  if (download.destination.kind === 'memory') return;
  const here = await download.bytesHere();
  const needed = files.reduce((sum, { size }) => sum + (size ?? 0), 0) - here;
  const room = await storageRoom();
  if (room !== undefined && room.quotaBytes - room.usedBytes < needed) {
    download.useMemory(
      `The browser offers ${Math.max(0, room.quotaBytes - room.usedBytes)} bytes of storage, ${needed} are needed.`,
    );
  }
}

async function writeCompleteNote(folder: string, download: ModelDownload): Promise<void> {
  const note = new TextEncoder().encode(JSON.stringify({ files: [...download.files.keys()] }));
  const part = await download.destination.part(`${folder}/${COMPLETE_NOTE}`);
  await part.restart('');
  await part.append(note);
  await part.finish(new Sha256().update(note).hex());
}

/** A model all of whose files are in the store; undefined when any is missing. */
export async function openStoredModel(
  store: FileStore,
  folder: string,
  id = folder,
): Promise<ModelFiles | undefined> {
  const note = await store.open(`${folder}/${COMPLETE_NOTE}`);
  if (note === undefined) return undefined;
  const json = parseJson(await readText(note), COMPLETE_NOTE);
  const names: unknown = isObject(json) ? json['files'] : undefined;
  if (!Array.isArray(names)) return undefined;
  const files = new Map<string, ByteSource>();
  for (const name of names as unknown[]) {
    const file = await store.open(`${folder}/${String(name)}`);
    if (file === undefined) return undefined;
    files.set(String(name), file);
  }
  return { id, files };
}

export interface StoredModel {
  /** The folder in the store; remove it to delete the model. */
  readonly folder: string;
  readonly bytes: number;
  /** False for a download that was interrupted. */
  readonly complete: boolean;
}

/** What is stored, for a panel. */
export async function listStoredModels(store: FileStore): Promise<StoredModel[]> {
  const models = new Map<string, { bytes: number; complete: boolean }>();
  for (const { key, size } of await store.list('hub/')) {
    const folder = key.split('/').slice(0, 3).join('/');
    const model = models.get(folder) ?? { bytes: 0, complete: false };
    models.set(folder, {
      bytes: model.bytes + size,
      complete: model.complete || key === `${folder}/${COMPLETE_NOTE}`,
    });
  }
  return [...models].map(([folder, model]) => ({ folder, ...model }));
}
