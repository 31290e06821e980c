/** Files that outlive a power cut once a call has returned; only Node imports this file. */
import * as disk from 'node:fs/promises';
import { dirname } from 'node:path';

/** What writing needs of the file system, so that tests can let it fail. */
export type DiskCalls = Pick<
  typeof disk,
  'mkdir' | 'open' | 'readFile' | 'readdir' | 'rename' | 'rm' | 'stat'
>;

/** Replaces a file: after a crash at any moment it has the old content or the new one. */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  calls: DiskCalls = disk,
): Promise<void> {
  const draft = await writeDraft(path, content, calls);
  await calls.rename(draft, path);
  await syncFolder(dirname(path), calls);
}

/** The new content beside a file, to be renamed. @returns its path */
export async function writeDraft(
  path: string,
  content: string | Uint8Array,
  calls: DiskCalls = disk,
): Promise<string> {
  const draft = draftOf(path);
  const file = await calls.open(draft, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

export const draftOf = (path: string): string => `${path}.new`;

/** Makes the names in a folder lasting, where the system can do that for folders. */
export async function syncFolder(path: string, calls: DiskCalls = disk): Promise<void> {
  try {
    const folder = await calls.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP'].includes(code)) throw error;
  }
}
