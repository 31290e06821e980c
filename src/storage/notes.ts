/** Short texts by key, a file each, in the browser's private file system. */
import { KeptFile } from './kept-file.ts';
import { opfsFolder } from './opfs-folder.ts';

export interface Notes {
  read(key: string): Promise<string | undefined>;
  write(key: string, text: string): Promise<void>;
}

/**
 * Notes in a folder of the private file system. Both calls reject when the browser refuses (a private
 * window, no room), and reading rejects for a note that is damaged.
 * @param getRoot for tests
 */
export function opfsNotes(
  folder: string,
  getRoot: () => Promise<FileSystemDirectoryHandle> = () => navigator.storage.getDirectory(),
): Notes {
  const file = async (key: string) =>
    new KeptFile(opfsFolder(await getRoot(), [folder]), noteName(key));
  return {
    async read(key) {
      const kept = await (await file(key)).read();
      return kept && new TextDecoder().decode(kept.content);
    },
    write: async (key, text) => (await file(key)).write(new TextEncoder().encode(text)),
  };
}

/** A key as a file name. */
export function noteName(key: string): string {
  return encodeURIComponent(key);
}
