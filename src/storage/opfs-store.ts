/**
 * Files in the browser's private folder (OPFS). Beside each file stands a small note: `.part` while
 * it is being received (which version it is of), `.sha256` once it is whole (length and hash). A
 * file counts as finished only when the second note is there and its length is right.
 */
import { StorageError } from '../errors.ts';
import { blobSource, isObject, type ByteSource } from './byte-source.ts';
import {
  checkKey,
  createMemoryStore,
  KEEP_BYTES,
  type FileStore,
  type PartFile,
  type StoredFile,
} from './file-store.ts';
import {
  canWriteFiles,
  openAppender,
  replaceFile,
  type Appender,
  type FileHandle,
} from './opfs-append.ts';
import { tabOwners } from './owner.ts';
import { ifThere, refusal, refusalReason } from './refusal.ts';
import { notice, type Notice } from '../notices.ts';

const PART_NOTE = '.part';
const HASH_NOTE = '.sha256';

/** A store below one folder of the private file system. */
export function createOpfsStore(root: FileSystemDirectoryHandle): FileStore {
  return {
    kind: 'opfs',
    owners: tabOwners(),
    place: (key) => `"${key}" in this page's storage`,
    open: (key) => guarded(key, () => openFinished(root, key)),
    sha256: (key) => guarded(key, () => hashNote(root, key)),
    part: (key) => guarded(key, () => openPart(root, key)),
    list: (prefix = '') => guarded(prefix, () => listFiles(root, prefix)),
    remove: (key) => guarded(key, () => removeAll(root, key)),
  };
}

export interface OpenedStore {
  readonly store: FileStore;
  /** Why files will not outlive the page; undefined when they will. */
  readonly notice: Notice | undefined;
}

/**
 * The private folder of this page, or memory where the browser has none or refuses it (private
 * windows do), with a notice that says so.
 */
export async function openStore(
  getRoot: () => Promise<FileSystemDirectoryHandle> = () => navigator.storage.getDirectory(),
): Promise<OpenedStore> {
  try {
    const root = await getRoot();
    if (!canWriteFiles()) throw new StorageError('It lets no page write files.');
    const store = createOpfsStore(await root.getDirectoryHandle('models', { create: true }));
    return { store, notice: undefined };
  } catch (cause) {
    return {
      store: createMemoryStore(),
      notice: notice(
        'info',
        `The browser does not let this page keep files. ${refusalReason(cause)} Models stay in memory and must be loaded again next time.`,
      ),
    };
  }
}

/** Everything the browser may throw becomes a StorageError with a hint. */
async function guarded<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw refusal(`"${key}"`, 'stored', cause);
  }
}

async function folderOf(
  root: FileSystemDirectoryHandle,
  key: string,
  create: boolean,
): Promise<{ folder: FileSystemDirectoryHandle; name: string }> {
  const segments = checkKey(key);
  let folder = root;
  for (const segment of segments.slice(0, -1)) {
    folder = await folder.getDirectoryHandle(segment, { create });
  }
  return { folder, name: segments.at(-1)! };
}

async function readNote(
  folder: FileSystemDirectoryHandle,
  name: string,
): Promise<Record<string, unknown> | undefined> {
  const text = await ifThere(async () =>
    (await (await folder.getFileHandle(name)).getFile()).text(),
  );
  if (text === undefined) return undefined;
  try {
    const note: unknown = JSON.parse(text);
    return isObject(note) ? note : undefined;
  } catch {
    // A note that was cut off while being written says nothing.
    return undefined;
  }
}

async function writeNote(
  folder: FileSystemDirectoryHandle,
  name: string,
  note: object,
): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  await replaceFile(handle, [new TextEncoder().encode(JSON.stringify(note))]);
}

async function openFinished(
  root: FileSystemDirectoryHandle,
  key: string,
): Promise<ByteSource | undefined> {
  const place = await ifThere(() => folderOf(root, key, false));
  if (place === undefined) return undefined;
  const { folder, name } = place;
  const note = await readNote(folder, name + HASH_NOTE);
  if (note === undefined) return undefined;
  const file = await ifThere(async () => (await folder.getFileHandle(name)).getFile());
  return file === undefined || file.size !== note['size'] ? undefined : blobSource(name, file);
}

async function hashNote(root: FileSystemDirectoryHandle, key: string): Promise<string | undefined> {
  const place = await ifThere(() => folderOf(root, key, false));
  const note = place && (await readNote(place.folder, place.name + HASH_NOTE));
  return typeof note?.['sha256'] === 'string' ? note['sha256'] : undefined;
}

async function openPart(root: FileSystemDirectoryHandle, key: string): Promise<PartFile> {
  const { folder, name } = await folderOf(root, key, true);
  const note = await readNote(folder, name + PART_NOTE);
  const handle = await folder.getFileHandle(name, { create: true });
  const part = new OpfsPart(key, folder, handle);
  const finished = await readNote(folder, name + HASH_NOTE);
  if (finished === undefined && typeof note?.['tag'] === 'string') {
    const known = typeof note['size'] === 'number' ? note['size'] : Infinity;
    part.goOn(note['tag'], Math.min(known, (await handle.getFile()).size));
  } else {
    await part.restart('');
  }
  return part;
}

class OpfsPart implements PartFile {
  size = 0;
  tag = '';
  private appender: Appender | undefined;
  private readonly key: string;
  private readonly folder: FileSystemDirectoryHandle;
  private readonly handle: FileHandle;
  /** How much of it the note vouches for. */
  private kept = 0;

  constructor(key: string, folder: FileSystemDirectoryHandle, handle: FileHandle) {
    this.key = key;
    this.folder = folder;
    this.handle = handle;
  }

  goOn(tag: string, size: number): void {
    this.tag = tag;
    this.size = this.kept = size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await guarded(this.key, async () => {
      this.appender ??= await openAppender(this.handle, this.size);
      await this.appender.append(bytes);
      this.size += bytes.length;
      if (this.size - this.kept < KEEP_BYTES) return;
      if (!(await this.appender.flush())) return;
      await this.note();
      this.kept = this.size;
    });
  }

  async restart(tag: string): Promise<void> {
    await guarded(this.key, async () => {
      // What was received is given up: no note vouches for it.
      this.size = this.kept;
      await this.close();
      await ifThere(() => this.folder.removeEntry(this.handle.name + HASH_NOTE));
      this.goOn(tag, 0);
      await this.note();
      await replaceFile(this.handle, []);
    });
  }

  async source(): Promise<ByteSource> {
    return guarded(this.key, async () => {
      await this.close();
      return blobSource(this.handle.name, await this.handle.getFile());
    });
  }

  async finish(sha256: string): Promise<void> {
    await guarded(this.key, async () => {
      await this.close();
      const { size } = this;
      await writeNote(this.folder, this.handle.name + HASH_NOTE, { size, sha256 });
      await ifThere(() => this.folder.removeEntry(this.handle.name + PART_NOTE));
    });
  }

  async close(): Promise<void> {
    await guarded(this.key, async () => {
      const { appender } = this;
      if (appender === undefined) return;
      this.appender = undefined;
      await appender.close();
      if (this.size > this.kept) await this.note();
      this.kept = this.size;
    });
  }

  private note(): Promise<void> {
    return writeNote(this.folder, this.handle.name + PART_NOTE, { tag: this.tag, size: this.size });
  }
}

async function listFiles(root: FileSystemDirectoryHandle, prefix: string): Promise<StoredFile[]> {
  const found: StoredFile[] = [];
  const walk = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === 'directory') {
        await walk(handle, `${path}${name}/`);
      } else if (!name.endsWith(PART_NOTE) && !name.endsWith(HASH_NOTE)) {
        const { size } = await handle.getFile();
        const note = await readNote(folder, name + HASH_NOTE);
        const whole = note?.['size'] === size && typeof note['sha256'] === 'string';
        const sha256 = whole ? String(note['sha256']) : undefined;
        found.push({ key: path + name, size, sha256 });
      }
    }
  };
  await walk(root, '');
  return found.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function removeAll(root: FileSystemDirectoryHandle, key: string): Promise<void> {
  const place = await ifThere(() => folderOf(root, key, false));
  if (place === undefined) return;
  const { folder, name } = place;
  // Notes first: a file without them counts as absent, should this stop halfway.
  for (const entry of [name + HASH_NOTE, name + PART_NOTE, name]) {
    await ifThere(() => folder.removeEntry(entry, { recursive: true }));
  }
}
