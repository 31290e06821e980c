/** A folder of the browser's private file system (OPFS), in workers and on pages. */
import { pathBelow, type Folder } from './folder.ts';
import { replaceFile } from './opfs-append.ts';
import { ifThere, refusal } from './refusal.ts';

/**
 * @param root the private folder of this page
 * @param segments folders from the root; each call looks them up anew, as another tab may have deleted them
 */
export function opfsFolder(root: FileSystemDirectoryHandle, segments: readonly string[]): Folder {
  const path = segments.join('/');
  const directory = async (create: boolean): Promise<FileSystemDirectoryHandle> => {
    let found = root;
    for (const segment of segments) found = await found.getDirectoryHandle(segment, { create });
    return found;
  };
  const entries = async () => {
    const found: FileSystemHandle[] = [];
    const here = await ifThere(() => directory(false));
    if (here) for await (const [, entry] of here.entries()) found.push(entry);
    return found;
  };
  return {
    path,
    async read(name, length) {
      try {
        return await ifThere(async () => {
          const file = await (await (await directory(false)).getFileHandle(name)).getFile();
          const wanted = length === undefined ? file : file.slice(0, length);
          return new Uint8Array(await wanted.arrayBuffer());
        });
      } catch (cause) {
        throw refusal(pathBelow(path, name), 'read', cause);
      }
    },
    async write(name, parts) {
      try {
        await replaceFile(
          await (await directory(true)).getFileHandle(name, { create: true }),
          parts,
        );
      } catch (cause) {
        throw refusal(pathBelow(path, name), 'written', cause);
      }
    },
    async remove(name) {
      try {
        await ifThere(async () => (await directory(false)).removeEntry(name, { recursive: true }));
      } catch (cause) {
        throw refusal(pathBelow(path, name), 'deleted', cause);
      }
    },
    async files() {
      try {
        const found: { name: string; bytes: number }[] = [];
        for (const entry of await entries()) {
          if (entry.kind !== 'file') continue;
          // Deleted meanwhile: not there.
          const file = await ifThere(() => (entry as FileSystemFileHandle).getFile());
          if (file) found.push({ name: entry.name, bytes: file.size });
        }
        return found;
      } catch (cause) {
        throw refusal(path, 'listed', cause);
      }
    },
    async folders() {
      try {
        return (await entries()).flatMap(({ kind, name }) => (kind === 'directory' ? [name] : []));
      } catch (cause) {
        throw refusal(path, 'listed', cause);
      }
    },
    folder: (name) => opfsFolder(root, [...segments, name]),
  };
}
