/**
 * Where downloaded files are kept: one interface over the browser's private folder
 * (`opfs-store.ts`), over a folder (`disk-store.ts`) and over memory, which also serves when the browser refuses to store.
 */
import { StorageError } from '../errors.ts';
import { checkRange, piecesOf, type ByteSource, type Bytes } from './byte-source.ts';
import type { Hasher } from './hash-file.ts';
import { soleOwners, type Owners } from './owner.ts';

export interface StoredFile {
  /** Path with forward slashes, such as `hub/owner/name@main/config.json`. */
  readonly key: string;
  readonly size: number;
  /** 64 hexadecimal digits; undefined while the file is only partly here. */
  readonly sha256: string | undefined;
}

/**
 * A file that is being received. It outlives a broken download, and after a crash it is continued
 * from where it is known to be on the disk.
 */
export interface PartFile {
  /** Bytes received so far. */
  readonly size: number;
  /** What the server called this version of the file; empty when it did not say. */
  readonly tag: string;
  /** Throws a StorageError when there is no room. */
  append(bytes: Uint8Array): Promise<void>;
  /** Forgets what was received and begins a file of this version. */
  restart(tag: string): Promise<void>;
  /** What was received, to be checked before `finish`. */
  source(): Promise<ByteSource>;
  /** Makes it a finished file. */
  finish(sha256: string): Promise<void>;
  /** Keeps what was received for a later `part` of the same key. */
  close(): Promise<void>;
}

export interface FileStore {
  readonly kind: 'opfs' | 'disk' | 'memory';
  /** Among all who may write here: other tabs, other processes. */
  readonly owners: Owners;
  /** Hashes in pieces, where there is something faster than the browser's digest. */
  readonly hasher?: () => Hasher;
  /** Where a file or folder is, for messages. */
  place(keyOrFolder: string): string;
  /** A finished file of the length it was stored with, or undefined. */
  open(key: string): Promise<ByteSource | undefined>;
  /** SHA-256 of a finished file, or undefined. */
  sha256(key: string): Promise<string | undefined>;
  /** Continues a file that is partly here, or begins one. */
  part(key: string): Promise<PartFile>;
  /** Finished and partial files whose key begins with `prefix`, sorted by key. */
  list(prefix?: string): Promise<StoredFile[]>;
  /** Removes one file, or every file below a folder. */
  remove(keyOrFolder: string): Promise<void>;
}

/** Throws a StorageError for keys that could leave the store. */
export function checkKey(key: string): string[] {
  const segments = key.split('/');
  const safe = segments.every(
    (segment) => segment !== '' && segment !== '.' && segment !== '..' && !/[\\\0]/.test(segment),
  );
  if (!safe) throw new StorageError(`"${key}" is no safe name for a stored file.`);
  return segments;
}

/** A part makes what it has received lasting each time it has grown by this much, bytes. */
export const KEEP_BYTES = 8 * 1024 * 1024;

/** Files that stay in memory until the page is closed. */
export function createMemoryStore(): FileStore {
  const files = new Map<string, MemoryPart>();
  return {
    kind: 'memory',
    owners: soleOwners(),
    place: (key) => key,
    open: (key) => {
      const file = files.get(key);
      return Promise.resolve(file?.sha256 === undefined ? undefined : file.bytes());
    },
    sha256: (key) => Promise.resolve(files.get(key)?.sha256),
    part: async (key) => {
      checkKey(key);
      const known = files.get(key);
      const part = known?.sha256 === undefined && known !== undefined ? known : new MemoryPart(key);
      files.set(key, part);
      return Promise.resolve(part);
    },
    list: (prefix = '') =>
      Promise.resolve(
        [...files.values()]
          .filter(({ key }) => key.startsWith(prefix))
          .map(({ key, size, sha256 }) => ({ key, size, sha256 }))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
      ),
    remove: (keyOrFolder) => {
      for (const key of [...files.keys()]) {
        if (key === keyOrFolder || key.startsWith(`${keyOrFolder}/`)) files.delete(key);
      }
      return Promise.resolve();
    },
  };
}

/** Chunks as they came: joining them would need the memory twice. */
class MemoryPart implements PartFile {
  readonly key: string;
  size = 0;
  tag = '';
  sha256: string | undefined;
  private chunks: Uint8Array[] = [];
  private starts: number[] = [];

  constructor(key: string) {
    this.key = key;
  }

  append(bytes: Uint8Array): Promise<void> {
    this.chunks.push(bytes.slice());
    this.starts.push(this.size);
    this.size += bytes.length;
    return Promise.resolve();
  }

  restart(tag: string): Promise<void> {
    this.chunks = [];
    this.starts = [];
    this.size = 0;
    this.tag = tag;
    return Promise.resolve();
  }

  source(): Promise<ByteSource> {
    return Promise.resolve(this.bytes());
  }

  finish(sha256: string): Promise<void> {
    this.sha256 = sha256;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  bytes(): ByteSource {
    const source: ByteSource = {
      name: this.key.split('/').at(-1)!,
      size: this.size,
      read: async (offset, length) => {
        checkRange(source, offset, length);
        return Promise.resolve(this.copy(offset, length));
      },
    };
    return source;
  }

  private copy(offset: number, length: number): Bytes {
    const result = new Uint8Array(length);
    let chunk = this.starts.findLastIndex((start) => start <= offset);
    let filled = 0;
    while (filled < length) {
      const from = offset + filled - this.starts[chunk]!;
      const slice = this.chunks[chunk]!.subarray(from, from + length - filled);
      result.set(slice, filled);
      filled += slice.length;
      chunk++;
    }
    return result;
  }
}

/** Carries a partial file over to another store, so that a download can go on there. */
export async function copyPart(key: string, from: FileStore, to: FileStore): Promise<void> {
  const part = await from.part(key);
  const target = await to.part(key);
  await target.restart(part.tag);
  for await (const { content } of piecesOf(await part.source())) await target.append(content);
  await part.close();
  await target.close();
}
