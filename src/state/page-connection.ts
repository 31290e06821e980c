/**
 * One of the page's IndexedDB databases as the browser has it: opened when it is first needed, and
 * anew when it was lost. Everything here rejects with what the browser says.
 */
import { openDB, type IDBPDatabase } from 'idb';

/** A property, or two of them, the first of which groups records. */
export type KeyPath = string | readonly [group: string, within: string];
export type Key = string | readonly [group: string, within: number];

/** A value to write; undefined: to delete. */
export interface Entry {
  store: string;
  key: Key;
  value: unknown;
}

export class PageConnection {
  readonly #name: string;
  readonly #version: number;
  readonly #keyPaths: Readonly<Record<string, KeyPath>>;
  #open: Promise<IDBPDatabase> | undefined;

  /** @param keyPaths of every store; stores that are not there yet are made, none is ever removed */
  constructor(name: string, version: number, keyPaths: Readonly<Record<string, KeyPath>>) {
    this.#name = name;
    this.#version = version;
    this.#keyPaths = keyPaths;
  }

  all(store: string, group: string | undefined, from: number): Promise<[Key, unknown][]> {
    return this.#do(async (database) => {
      const transaction = database.transaction(store);
      const range = rangeOf(group, from);
      const [keys, values] = await Promise.all([
        transaction.store.getAllKeys(range),
        transaction.store.getAll(range),
      ]);
      return keys.map((key, i) => [key as Key, values[i]]);
    });
  }

  one(store: string, key: Key): Promise<unknown> {
    return this.#do((database) => database.get(store, validKey(key)));
  }

  keys(store: string, group: string | undefined): Promise<Key[]> {
    return this.#do(
      async (database) => (await database.getAllKeys(store, rangeOf(group))) as Key[],
    );
  }

  /** Writes all of them or none. */
  async write(entries: readonly Entry[]): Promise<void> {
    if (entries.length > 0) await this.#do((database) => writeAll(database, entries));
  }

  close(): void {
    void this.#open?.then(
      (database) => database.close(),
      () => undefined,
    );
    this.#open = undefined;
  }

  async #do<Result>(work: (database: IDBPDatabase) => Promise<Result>): Promise<Result> {
    try {
      return await work(await this.#get());
    } catch (error) {
      // A connection may be closed under the page without a word.
      if (!(error instanceof Error) || error.name !== 'InvalidStateError') throw error;
      this.#open = undefined;
      return work(await this.#get());
    }
  }

  #get(): Promise<IDBPDatabase> {
    this.#open ??= this.#connect().catch((error: unknown) => {
      this.#open = undefined;
      throw error;
    });
    return this.#open;
  }

  #connect(): Promise<IDBPDatabase> {
    const keyPaths = this.#keyPaths;
    return new Promise((resolve, reject) => {
      let late = false;
      openDB(this.#name, this.#version, {
        upgrade(fresh) {
          for (const [store, keyPath] of Object.entries(keyPaths)) {
            if (fresh.objectStoreNames.contains(store)) continue;
            fresh.createObjectStore(store, {
              keyPath: typeof keyPath === 'string' ? keyPath : [...keyPath],
            });
          }
        },
        blocked() {
          // It would wait until that tab is closed, and the page with it.
          late = true;
          reject(new Error('another tab has an earlier version of this page open'));
        },
        // A newer version of the page in another tab must not have to wait for this one.
        blocking: () => this.close(),
        terminated: () => (this.#open = undefined),
      }).then((database) => {
        if (late) database.close();
        else resolve(database);
      }, reject);
    });
  }
}

async function writeAll(database: IDBPDatabase, entries: readonly Entry[]): Promise<void> {
  const stores = [...new Set(entries.map(({ store }) => store))];
  const transaction = database.transaction(stores, 'readwrite');
  const requests: Promise<unknown>[] = [];
  try {
    for (const { store, key, value } of entries) {
      const target = transaction.objectStore(store);
      requests.push(value === undefined ? target.delete(validKey(key)) : target.put(value));
    }
    await Promise.all([...requests, transaction.done]);
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It has ended already.
    }
    await Promise.allSettled([...requests, transaction.done]);
    // Requests say that they were aborted; the transaction knows why.
    throw transaction.error ?? error;
  }
}

const validKey = (key: Key): IDBValidKey => (typeof key === 'string' ? key : [...key]);
const rangeOf = (group: string | undefined, from = -Infinity): IDBKeyRange | undefined =>
  group === undefined ? undefined : IDBKeyRange.bound([group, from], [group, Infinity]);
