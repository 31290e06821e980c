/** Short texts by key, a file each, in the browser's private file system. */

export interface Notes {
  read(key: string): Promise<string | undefined>;
  write(key: string, text: string): Promise<void>;
}

/**
 * Notes in a folder of the private file system. Both calls reject with what the browser says when it
 * refuses: a private window, no room.
 * @param getRoot for tests
 */
export function opfsNotes(
  folder: string,
  getRoot: () => Promise<FileSystemDirectoryHandle> = () => navigator.storage.getDirectory(),
): Notes {
  const file = async (key: string, create: boolean) => {
    const root = await getRoot();
    const directory = await root.getDirectoryHandle(folder, { create: true });
    return directory.getFileHandle(noteName(key), { create });
  };
  return {
    async read(key) {
      try {
        return await (await (await file(key, false)).getFile()).text();
      } catch (error) {
        if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
        throw error;
      }
    },
    async write(key, text) {
      // What is written becomes the file at close, whole.
      const writable = await (await file(key, true)).createWritable();
      await writable.write(text);
      await writable.close();
    },
  };
}

/** A key as a file name. */
export function noteName(key: string): string {
  return encodeURIComponent(key);
}
