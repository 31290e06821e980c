/** Appending to files of the private folder, in workers (synchronously) and on pages (by a stream). */
import { StorageError } from '../errors.ts';

/** The one part of the synchronous handle we use; workers have it, pages do not. */
interface SyncAccess {
  getSize(): number;
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

export type FileHandle = FileSystemFileHandle & {
  createSyncAccessHandle?: () => Promise<SyncAccess>;
};

/** What appends to an open file; closing makes the bytes lasting. */
export interface Appender {
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file for writing from `size` on; what lay behind is cut off. */
export async function openAppender(handle: FileHandle, size: number): Promise<Appender> {
  if (handle.createSyncAccessHandle === undefined) return openWritable(handle, size);
  const access = await handle.createSyncAccessHandle();
  access.truncate(size);
  let position = size;
  return {
    append: (bytes) => {
      const written = access.write(bytes, { at: position });
      position += written;
      if (written < bytes.length) {
        throw new StorageError(`Only ${written} of ${bytes.length} bytes could be written.`);
      }
      return Promise.resolve();
    },
    close: () => {
      access.flush();
      access.close();
      return Promise.resolve();
    },
  };
}

/** On a page, where bytes become lasting only when the stream is closed. */
async function openWritable(handle: FileHandle, size: number): Promise<Appender> {
  const stream = await handle.createWritable({ keepExistingData: size > 0 });
  await stream.truncate(size);
  await stream.seek(size);
  return {
    append: (bytes) => stream.write(new Uint8Array(bytes)),
    close: () => stream.close(),
  };
}
