/**
 * Where runs keep their files (checkpoints, adapters): the browser's private file system, or memory
 * when it refuses. What was written is there after a crash, or what was written before it; what is
 * damaged is never given out as if it were good.
 */
import { StorageError } from '../errors.ts';
import type { Notice } from '../notices.ts';
import type { Bytes } from './byte-source.ts';
import { memoryFolder, type Folder } from './folder.ts';
import { KeptFile } from './kept-file.ts';
import { canWriteFiles } from './opfs-append.ts';
import { opfsFolder } from './opfs-folder.ts';
import { tabOwners, type Owners } from './owner.ts';
import { refusalReason } from './refusal.ts';
import { softRunStore } from './soft-run-store.ts';

export interface RunStore {
  /** Why files will not outlive the page, or undefined when they will. */
  readonly refused: string | undefined;
  /** @throws StorageError */
  write(runId: string, name: string, bytes: Bytes): Promise<void>;
  /**
   * What was written last, or undefined when nothing was.
   * @throws StorageError for a file that is damaged, with what to delete
   */
  read(runId: string, name: string): Promise<Bytes | undefined>;
  remove(runId: string): Promise<void>;
  /** Ids and sizes, bytes. */
  list(): Promise<{ runId: string; bytes: number }[]>;
  /** What happened to files since the last call that the person should hear of; each once. */
  takeNotices(): Notice[];
}

/**
 * The private file system where the browser has one and lets us write, else memory. A run whose files
 * it refuses later goes on in memory.
 */
export async function openRunStore(
  getRoot: () => Promise<FileSystemDirectoryHandle> = () => navigator.storage.getDirectory(),
): Promise<RunStore> {
  try {
    const folder = opfsFolder(await getRoot(), ['runs']);
    if (!canWriteFiles()) throw new StorageError('It lets no page write files.');
    await folder.folders();
    return softRunStore(folderRunStore(folder));
  } catch (error) {
    return memoryRunStore(`This browser keeps no files for this page. ${refusalReason(error)}`);
  }
}

export function memoryRunStore(refused?: string): RunStore {
  return folderRunStore(memoryFolder('runs'), { refused });
}

/** Runs as folders of a folder. */
export function folderRunStore(
  folder: Folder,
  { refused, owners = tabOwners() }: { refused?: string | undefined; owners?: Owners } = {},
): RunStore {
  const runs = new Map<string, Map<string, KeptFile>>();
  let notices: Notice[] = [];
  const fileOf = (runId: string, name: string): KeptFile => {
    const files = runs.get(runId) ?? new Map<string, KeptFile>();
    runs.set(runId, files);
    const file = files.get(name) ?? new KeptFile(folder.folder(runId), name, owners);
    files.set(name, file);
    return file;
  };
  return {
    refused,
    write: (runId, name, bytes) => fileOf(runId, name).write(bytes),
    async read(runId, name) {
      const kept = await fileOf(runId, name).read();
      if (kept?.notice !== undefined) notices.push(kept.notice);
      return kept?.content;
    },
    async remove(runId) {
      await folder.remove(runId);
      runs.delete(runId);
    },
    async list() {
      const listed: { runId: string; bytes: number }[] = [];
      for (const runId of await folder.folders()) {
        const kept = await folder.folder(runId).files();
        listed.push({ runId, bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0) });
      }
      return listed;
    },
    takeNotices() {
      const taken = notices;
      notices = [];
      return taken;
    },
  };
}
