/**
 * Models from the Hugging Face Hub, or any server that lays its files out the same way:
 * `{base}/{owner}/{name}/resolve/{revision}/{file}`. A model that is already stored in full is
 * opened without asking the server.
 */
import { DownloadError, UnsupportedModelError } from '../errors.ts';
import { HUB_URL } from './config.ts';
import { listFiles, type Listed } from './hub-listing.ts';
import {
  SHARD_INDEX_FILE,
  TEXT_FILES,
  WEIGHTS_FILE,
  isTextFile,
  type ModelFiles,
} from './model-files.ts';
import { ModelDownload, type DownloadOptions, type RemoteFile } from './model-download.ts';
import { downloadAlone } from './one-download.ts';
import { readShardIndex } from './sharded-safetensors.ts';
import { storageRoom } from './storage-room.ts';
import { openStoredModel, writeCompleteNote } from './stored-model.ts';

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
 * Downloads a model, or opens it from the store. While another tab or process downloads it, this
 * waits. Throws a DownloadError (what the server lacks or got wrong, a damaged file that cannot be
 * fetched again), an UnsupportedModelError (no weights we can read) or a StoppedError.
 */
export async function downloadHubModel(model: HubId, options: HubOptions): Promise<ModelFiles> {
  const folder = hubFolder(model);
  const download = new ModelDownload(folder, options);
  const { store } = options;
  const stored = async () => {
    const files = await openStoredModel(store, folder, model.id, download);
    return files && { ...files, revision: model.revision };
  };
  const fetched = async () => (await stored()) ?? (await fetchModel(model, download, options));
  try {
    return (await stored()) ?? (await downloadAlone(folder, model.id, options, fetched));
  } catch (error) {
    if (!(error instanceof DownloadError) || download.damages.length === 0) throw error;
    throw new DownloadError(
      `${model.id}: what is stored of it is damaged and could not be fetched again. Try again with a connection, or delete ${store.place(folder)}.`,
      [...download.damages, error.message],
      { cause: error },
    );
  }
}

async function fetchModel(
  model: HubId,
  download: ModelDownload,
  options: HubOptions,
): Promise<ModelFiles> {
  const { id } = model;
  const base = (options.baseUrl ?? HUB_URL).replace(/\/+$/, '');
  const revision = encodeURIComponent(model.revision);
  const remote = (name: string): RemoteFile => ({
    name,
    url: `${base}/${id}/resolve/${revision}/${name}`,
  });
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
  await writeCompleteNote(hubFolder(model), download);
  return { id, revision: model.revision, files: download.files };
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
