/** Writing files of the private folder: synchronously in workers, by a stream on pages. */
import { StorageError } from '../errors.ts';

/** The one part of the synchronous handle we use; workers have it, pages do not. */
interface SyncAccess {
  getSize(): number;
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

/** Each browser has one of the two ways at least in workers; on pages some have neither. */
export type FileHandle = Omit<FileSystemFileHandle, 'createWritable'> & {
  createSyncAccessHandle?: () => Promise<SyncAccess>;
  createWritable?: FileSystemFileHandle['createWritable'];
};

/** What appends to an open file; closing makes the bytes lasting. */
export interface Appender {
  append(bytes: Uint8Array): Promise<void>;
  /** Makes what was appended lasting, where that can be had before closing. */
  flush(): Promise<boolean>;
  close(): Promise<void>;
  /** Lets go of the file after a failure; what was appended may be there or not. */
  abort(): Promise<void>;
}

/** Whether files can be written from here: in every worker, and on pages of most browsers. */
export function canWriteFiles(): boolean {
  const { FileSystemFileHandle: Handle } = globalThis as {
    FileSystemFileHandle?: { prototype: object };
  };
  return (
    Handle === undefined ||
    'createSyncAccessHandle' in Handle.prototype ||
    'createWritable' in Handle.prototype
  );
}

/** Opens a file for writing from `size` on; what lay behind is cut off. */
export async function openAppender(handle: FileHandle, size: number): Promise<Appender> {
  if (handle.createSyncAccessHandle === undefined) return openWritable(handle, size);
  const access = await handle.createSyncAccessHandle();
  let position = size;
  try {
    access.truncate(size);
  } catch (error) {
    access.close();
    throw error;
  }
  return {
    append: (bytes) => {
      // A handle may take a part only; when it takes none, there is no room.
      for (let rest = bytes; rest.length > 0;) {
        const written = access.write(rest, { at: position });
        if (written === 0) throw new DOMException('nothing was written', 'QuotaExceededError');
        position += written;
        rest = rest.subarray(written);
      }
      return Promise.resolve();
    },
    flush: () => {
      access.flush();
      return Promise.resolve(true);
    },
    close: () => {
      try {
        access.flush();
      } finally {
        access.close();
      }
      return Promise.resolve();
    },
    abort: () => {
      access.close();
      return Promise.resolve();
    },
  };
}

/** Replaces the content of a file; lasting when it returns. */
export async function replaceFile(handle: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  const appender = await openAppender(handle, 0);
  try {
    for (const part of parts) await appender.append(part);
  } catch (error) {
    await quietly(() => appender.abort());
    throw error;
  }
  await appender.close();
}

/** On a page, where bytes become lasting only when the stream is closed. */
async function openWritable(handle: FileHandle, size: number): Promise<Appender> {
  if (handle.createWritable === undefined) {
    throw new StorageError(
      `${handle.name} cannot be written: this browser lets no page write files.`,
    );
  }
  const stream = await handle.createWritable({ keepExistingData: size > 0 });
  try {
    await stream.truncate(size);
    await stream.seek(size);
  } catch (error) {
    await quietly(() => stream.abort());
    throw error;
  }
  return {
    append: (bytes) => stream.write(new Uint8Array(bytes)),
    flush: () => Promise.resolve(false),
    close: () => stream.close(),
    abort: () => stream.abort(),
  };
}

/** After a failure that matters more than this one. */
async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    // The failure before it is what the caller hears of.
  }
}
