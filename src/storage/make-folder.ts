/** Making folders on disk; only Node imports this file. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, unless they are there. Node's own `recursive` never ends where
 * the system says "no such folder" of a folder that cannot be made, as below /proc.
 * @throws what the file system says: EEXIST for a file in its place, ENOTDIR for one above it
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const above = dirname(path);
    if (code === 'ENOENT' && above !== path) {
      await makeFolder(above);
      await mkdir(path).catch((again: unknown) => unlessFolder(path, again));
    } else await unlessFolder(path, error);
  }
}

/** Read-only systems refuse before they see that the folder is there. */
async function unlessFolder(path: string, error: unknown): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) throw error;
}
