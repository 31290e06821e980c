/** The few calls that stores make of a file system, so that the same store runs on any of them. */
import type { Bytes } from './byte-source.ts';

/** A folder that need not exist: it is made by the first write. */
export interface Folder {
  /** Folders from the root, for messages: "runs/2024-05-01". */
  readonly path: string;
  /** The file or its first `length` bytes; undefined when it is not there. */
  read(name: string, length?: number): Promise<Bytes | undefined>;
  /**
   * Replaces the file by the parts in a row. When this returns, the file outlives a crash; when it
   * throws, the file may have been lost.
   */
  write(name: string, parts: readonly Uint8Array[]): Promise<void>;
  /** A file, or a folder with all that is in it; nothing happens when it is not there. */
  remove(name: string): Promise<void>;
  files(): Promise<{ name: string; bytes: number }[]>;
  folders(): Promise<string[]>;
  folder(name: string): Folder;
}

/** Gone with the page. */
export function memoryFolder(path = ''): Folder {
  const files = new Map<string, Bytes>();
  const folders = new Map<string, Folder>();
  return {
    path,
    read: (name, length) => Promise.resolve(files.get(name)?.slice(0, length)),
    write(name, parts) {
      files.set(name, joined(parts));
      return Promise.resolve();
    },
    remove(name) {
      files.delete(name);
      folders.delete(name);
      return Promise.resolve();
    },
    files: () => Promise.resolve([...files].map(([name, { length }]) => ({ name, bytes: length }))),
    folders: () => Promise.resolve([...folders.keys()]),
    folder(name) {
      const known = folders.get(name) ?? memoryFolder(pathBelow(path, name));
      folders.set(name, known);
      return known;
    },
  };
}

export const pathBelow = (path: string, name: string): string => (path ? `${path}/${name}` : name);

function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
