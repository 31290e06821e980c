/** Models in a store: which are whole, and what there is. */
import { isObject, readText, type ByteSource } from './byte-source.ts';
import type { FileStore } from './file-store.ts';
import type { ModelDownload } from './model-download.ts';
import type { ModelFiles } from './model-files.ts';
import { Sha256 } from './sha256.ts';
import { Damage, openChecked } from './stored-file.ts';

/** Written last: a folder that has it is complete. */
const COMPLETE_NOTE = 'idiolect-complete.json';

/** Names every file with its hash, so that files of two versions are never taken as one model. */
export async function writeCompleteNote(folder: string, { destination, files }: ModelDownload) {
  const hashes: Record<string, string> = {};
  for (const name of files.keys()) {
    const sha256 = await destination.sha256(`${folder}/${name}`);
    // Some files are in the store and others, since it ran full, in memory.
    if (sha256 === undefined) return;
    hashes[name] = sha256;
  }
  const note = new TextEncoder().encode(JSON.stringify({ files: hashes }));
  const part = await destination.part(`${folder}/${COMPLETE_NOTE}`);
  await part.restart('');
  await part.append(note);
  await part.finish(new Sha256().update(note).hex());
  await part.close();
}

/** A model all of whose files are in the store, each checked; undefined when any is missing or damaged. */
export async function openStoredModel(
  store: FileStore,
  folder: string,
  id = folder,
  hears?: Pick<ModelDownload, 'damaged' | 'checking'>,
): Promise<ModelFiles | undefined> {
  const note = await store.open(`${folder}/${COMPLETE_NOTE}`);
  if (note === undefined) return undefined;
  const hashes = readCompleteNote(await readText(note));
  const files = new Map<string, ByteSource>();
  for (const [name, sha256] of hashes ?? []) {
    const key = `${folder}/${name}`;
    if (sha256 !== undefined && (await store.sha256(key)) !== sha256) return undefined;
    const file = await openChecked(store, key, hears && ((bytes) => hears.checking(name, bytes)));
    if (file instanceof Damage) hears?.damaged(file);
    if (file === undefined || file instanceof Damage) return undefined;
    files.set(name, file);
  }
  return hashes && { id, files };
}

/** Names with hashes, of older versions names only; undefined for anything else. */
function readCompleteNote(text: string): [string, string | undefined][] | undefined {
  let files: unknown;
  try {
    files = (JSON.parse(text) as { files?: unknown } | null)?.files;
  } catch {
    return undefined;
  }
  if (Array.isArray(files)) return files.map((name) => [String(name), undefined]);
  if (!isObject(files)) return undefined;
  return Object.entries(files).map(([name, sha256]) => [name, String(sha256)]);
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
