/**
 * Downloaded files in a folder on disk, for the commands; only Node imports this file. Beside each
 * file stands a note that says what it is. It is written only after the file's bytes are on the
 * disk, so that a crash at any moment leaves a finished file, a part to continue, or nothing.
 */
import { createHash } from 'node:crypto';
import * as disk from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { StorageError } from '../errors.ts';
import { isObject } from './byte-source.ts';
import { syncFolder, writeDurably, type DiskCalls } from './durable.ts';
import {
  checkKey,
  KEEP_BYTES,
  type FileStore,
  type PartFile,
  type StoredFile,
} from './file-store.ts';
import { diskOwners } from './lock-file.ts';
import { nodeFileSource } from './node-file.ts';

const NOTE = '.note.json';
const LOCKS = 'locks';

interface Note {
  tag: string;
  /** Bytes that are on the disk for certain; notes of older versions lack it. */
  size: number | undefined;
  /** Undefined while the file is being received. */
  sha256: string | undefined;
}

/**
 * The folder is made when the first file comes.
 * @param calls for tests
 */
export function createDiskStore(folder: string, calls: DiskCalls = disk): FileStore {
  const root = resolve(folder);
  const pathOf = (key: string) => join(root, ...checkKey(key));
  const sizeOf = async (path: string): Promise<number | undefined> => {
    try {
      const found = await calls.stat(path);
      return found.isFile() ? found.size : undefined;
    } catch {
      return undefined;
    }
  };
  const noteOf = async (key: string): Promise<Note | undefined> => {
    try {
      return readNote(await calls.readFile(pathOf(key) + NOTE, 'utf8'));
    } catch {
      return undefined;
    }
  };
  return {
    kind: 'disk',
    owners: diskOwners(join(root, LOCKS)),
    hasher: () => {
      const hash = createHash('sha256');
      return { update: (bytes) => hash.update(bytes), hex: () => hash.digest('hex') };
    },
    place: pathOf,
    open: async (key) => {
      const note = await noteOf(key);
      if (note?.sha256 === undefined) return undefined;
      const size = await sizeOf(pathOf(key));
      if (size === undefined || size !== (note.size ?? size)) return undefined;
      return nodeFileSource(pathOf(key), undefined, calls);
    },
    sha256: async (key) => (await noteOf(key))?.sha256,
    part: async (key) => {
      const note = await noteOf(key);
      const fresh = note === undefined || note.sha256 !== undefined;
      const part = new DiskPart(pathOf(key), root, calls);
      if (fresh) await part.restart('');
      else part.goOn(note.tag, Math.min(note.size ?? Infinity, (await sizeOf(pathOf(key))) ?? 0));
      return part;
    },
    list: async (prefix = '') => {
      const keys = (await allFiles(root, calls))
        .map((path) => relative(root, path).split(sep).join('/'))
        .filter((key) => key.startsWith(prefix) && !key.endsWith(NOTE));
      const listed: StoredFile[] = [];
      for (const key of keys.sort()) {
        const note = await noteOf(key);
        if (note) listed.push({ key, size: (await sizeOf(pathOf(key)))!, sha256: note.sha256 });
      }
      return listed;
    },
    remove: async (keyOrFolder) => {
      const path = pathOf(keyOrFolder);
      await refusedAs(path, async () => {
        await calls.rm(path + NOTE, { force: true });
        await calls.rm(path, { force: true, recursive: true });
      });
    },
  };
}

/** Undefined for a note that says nothing: the file counts as not there. */
function readNote(text: string): Note | undefined {
  const note: unknown = JSON.parse(text);
  if (!isObject(note) || typeof note['tag'] !== 'string') return undefined;
  const { tag, size, sha256 } = note;
  return {
    tag,
    size: typeof size === 'number' ? size : undefined,
    sha256: typeof sha256 === 'string' ? sha256 : undefined,
  };
}

class DiskPart implements PartFile {
  size = 0;
  tag = '';
  readonly #path: string;
  readonly #root: string;
  readonly #calls: DiskCalls;
  #file: disk.FileHandle | undefined;
  /** How much of it the note vouches for. */
  #kept = 0;

  constructor(path: string, root: string, calls: DiskCalls) {
    this.#path = path;
    this.#root = root;
    this.#calls = calls;
  }

  goOn(tag: string, size: number): void {
    this.tag = tag;
    this.size = this.#kept = size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#try(async () => {
      const file = await this.#open();
      let written = 0;
      while (written < bytes.length) {
        const left = bytes.length - written;
        written += (await file.write(bytes, written, left, this.size + written)).bytesWritten;
      }
      this.size += bytes.length;
      if (this.size - this.#kept >= KEEP_BYTES) await this.#keep();
    });
  }

  /** The old note goes before the old bytes. */
  async restart(tag: string): Promise<void> {
    await this.#try(async () => {
      await this.#release();
      await this.#calls.mkdir(dirname(this.#path), { recursive: true });
      await this.#calls.rm(this.#path + NOTE, { force: true });
      await syncFolder(dirname(this.#path), this.#calls);
      this.#file = await this.#calls.open(this.#path, 'w');
      this.goOn(tag, 0);
      await this.#note({ tag, size: 0 });
    });
  }

  source() {
    return this.#try(async () => {
      await this.close();
      return nodeFileSource(this.#path, undefined, this.#calls);
    });
  }

  /** Bytes and names, up to the store's own folder, are on the disk before the note that says so. */
  async finish(sha256: string): Promise<void> {
    await this.#try(async () => {
      await (await this.#open()).sync();
      await this.#release();
      for (let path = this.#path; path !== this.#root;) {
        path = dirname(path);
        await syncFolder(path, this.#calls);
      }
      await this.#note({ tag: this.tag, size: this.size, sha256 });
      this.#kept = this.size;
    });
  }

  async close(): Promise<void> {
    await this.#try(async () => {
      try {
        if (this.#file !== undefined && this.size > this.#kept) await this.#keep();
      } finally {
        await this.#release();
      }
    });
  }

  async #open(): Promise<disk.FileHandle> {
    if (this.#file === undefined) {
      this.#file = await this.#calls.open(this.#path, 'r+');
      // What lies behind may be of a version that a crash cut off.
      await this.#file.truncate(this.size);
    }
    return this.#file;
  }

  async #keep(): Promise<void> {
    await this.#file?.sync();
    await this.#note({ tag: this.tag, size: this.size });
    this.#kept = this.size;
  }

  async #release(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #note(note: Partial<Note>): Promise<void> {
    return writeDurably(this.#path + NOTE, JSON.stringify(note), this.#calls);
  }

  #try<Value>(action: () => Promise<Value>): Promise<Value> {
    return refusedAs(this.#path, action);
  }
}

async function refusedAs<Value>(path: string, action: () => Promise<Value>): Promise<Value> {
  try {
    return await action();
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    const reason =
      {
        ENOSPC: 'the disk is full. Delete models there that are not needed any more.',
        EDQUOT: 'no more may be stored there. Delete models there that are not needed any more.',
        EROFS: 'the disk can only be read. IDIOLECT_CACHE names another folder.',
        EACCES: 'writing there is not allowed. IDIOLECT_CACHE names another folder.',
      }[code] ?? String(cause);
    throw new StorageError(`${path} cannot be written: ${reason}`, [], { cause });
  }
}

async function allFiles(root: string, calls: DiskCalls): Promise<string[]> {
  try {
    const entries = await calls.readdir(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
