/**
 * Finished files of a store, checked on reading: the length always, the SHA-256 once for each file
 * while the store is open, since reading a large file through takes time.
 */
import type { ByteSource } from './byte-source.ts';
import type { FileStore } from './file-store.ts';
import { hashOf } from './hash-file.ts';

/** Files of a store whose bytes have been found to be right. */
const checked = new WeakMap<FileStore, Set<string>>();

/** What lies in the store is not what was stored; a sentence with the place and what differs. */
export class Damage {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * A finished file, or undefined where there is none.
 * @param onBytes hears how many bytes have been checked
 */
export async function openChecked(
  store: FileStore,
  key: string,
  onBytes?: (done: number) => Promise<void>,
): Promise<ByteSource | Damage | undefined> {
  const expected = await store.sha256(key);
  if (expected === undefined) return undefined;
  const file = await store.open(key);
  if (file === undefined) {
    return new Damage(`${store.place(key)} has not the length it was stored with.`);
  }
  const right = checked.get(store) ?? new Set();
  checked.set(store, right);
  const what = `${key} ${expected}`;
  if (right.has(what)) return file;
  const found = await hashOf(file, onBytes, store.hasher);
  if (found !== expected) {
    return new Damage(
      `${store.place(key)} is damaged: it was stored with SHA-256 ${expected} and now has ${found}.`,
    );
  }
  right.add(what);
  return file;
}
