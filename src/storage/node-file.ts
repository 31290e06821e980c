/** Files on disk, for the command line and for tests; only Node imports this file. */
import * as disk from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DataError } from '../errors.ts';
import { checkRange, type ByteSource } from './byte-source.ts';
import type { ModelFiles } from './model-files.ts';

/**
 * A file on disk. It is opened for each read, so that nothing has to be closed afterwards.
 * @throws DataError for a folder
 */
export async function nodeFileSource(
  path: string,
  name = basename(path),
  calls: Pick<typeof disk, 'open' | 'stat'> = disk,
): Promise<ByteSource> {
  const found = await calls.stat(path);
  if (found.isDirectory()) {
    throw new DataError(`${path} is a folder, and a file is needed. Name a file in it.`);
  }
  const source: ByteSource = {
    name,
    size: found.size,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      const bytes = new Uint8Array(length);
      const file = await calls.open(path, 'r');
      try {
        // One call may return fewer bytes than asked for, above 2 GiB always.
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
          if (bytesRead === 0) checkRange({ ...source, size: offset + filled }, offset, length);
          filled += bytesRead;
        }
      } finally {
        await file.close();
      }
      return bytes;
    },
  };
  return source;
}

/** A folder in the Hugging Face layout (or one .gguf file) as the files of a model. */
export async function nodeModelFiles(path: string, id = basename(path)): Promise<ModelFiles> {
  const files = new Map<string, ByteSource>();
  if ((await disk.stat(path)).isFile()) {
    files.set(basename(path), await nodeFileSource(path));
    return { id, files };
  }
  for (const entry of await disk.readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    const name = full.slice(path.replace(/\/+$/, '').length + 1).replaceAll('\\', '/');
    files.set(name, await nodeFileSource(full, name));
  }
  return { id, files };
}
