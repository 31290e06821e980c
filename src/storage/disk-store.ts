/** Downloaded files in a folder on disk, for the commands; only Node imports this file. */
import {
  appendFile,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { StorageError } from '../errors.ts';
import { checkKey, type FileStore, type PartFile, type StoredFile } from './file-store.ts';
import { nodeFileSource } from './node-file.ts';

/** Beside each file: what it is. A file whose note has no hash is still being received. */
const NOTE = '.note.json';

interface Note {
  tag: string;
  sha256?: string;
}

/** The folder is made when the first file comes. */
export function createDiskStore(root: string): FileStore {
  const pathOf = (key: string) => join(root, ...checkKey(key));
  const noteOf = async (key: string): Promise<Note | undefined> => {
    try {
      return JSON.parse(await readFile(pathOf(key) + NOTE, 'utf8')) as Note;
    } catch {
      // None, or cut off while it was written: the file counts as not there.
      return undefined;
    }
  };
  return {
    kind: 'disk',
    open: async (key) => {
      const sha256 = (await noteOf(key))?.sha256;
      if (sha256 === undefined || (await sizeOf(pathOf(key))) === undefined) return undefined;
      return nodeFileSource(pathOf(key));
    },
    sha256: async (key) => (await noteOf(key))?.sha256,
    part: async (key) => {
      const note = await noteOf(key);
      const fresh = note === undefined || note.sha256 !== undefined;
      const part = new DiskPart(pathOf(key), fresh ? '' : note.tag);
      if (fresh) await part.restart('');
      else part.size = (await sizeOf(pathOf(key))) ?? 0;
      return part;
    },
    list: async (prefix = '') => {
      const entries = await allFiles(root);
      const keys = entries.map((path) => relative(root, path).split(sep).join('/'));
      const listed: StoredFile[] = [];
      for (const key of keys
        .filter((key) => key.startsWith(prefix) && !key.endsWith(NOTE))
        .sort()) {
        const note = await noteOf(key);
        if (note) listed.push({ key, size: (await sizeOf(pathOf(key)))!, sha256: note.sha256 });
      }
      return listed;
    },
    remove: async (keyOrFolder) => {
      const path = pathOf(keyOrFolder);
      await rm(path + NOTE, { force: true });
      await rm(path, { force: true, recursive: true });
    },
  };
}

class DiskPart implements PartFile {
  size = 0;
  tag: string;
  readonly #path: string;

  constructor(path: string, tag: string) {
    this.#path = path;
    this.tag = tag;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await refusedAs(appendFile(this.#path, bytes));
    this.size += bytes.length;
  }

  async restart(tag: string): Promise<void> {
    await refusedAs(mkdir(dirname(this.#path), { recursive: true }));
    await refusedAs(writeFile(this.#path, new Uint8Array()));
    this.size = 0;
    this.tag = tag;
    await this.#write({ tag });
  }

  source() {
    return nodeFileSource(this.#path);
  }

  finish(sha256: string): Promise<void> {
    return this.#write({ tag: this.tag, sha256 });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Written beside and renamed, so that a kill leaves the old note or the new one. */
  async #write(note: Note): Promise<void> {
    const path = this.#path + NOTE;
    await refusedAs(writeFile(`${path}.new`, JSON.stringify(note)));
    await rename(`${path}.new`, path);
  }
}

async function refusedAs<Value>(action: Promise<Value>): Promise<Value> {
  try {
    return await action;
  } catch (cause) {
    throw new StorageError(`The folder for downloads cannot be written: ${String(cause)}`, [], {
      cause,
    });
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

async function allFiles(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
