/** IndexedDB that fails as browsers do. */
import { vi } from 'vitest';

type Method = (this: IDBObjectStore, value: unknown) => unknown;

/** Has every later call of a method of an object store go through `instead`, which is given the usual one. */
export function replaceInStores(
  name: 'put' | 'get' | 'getAll',
  instead: (store: IDBObjectStore, value: unknown, usual: () => unknown) => unknown,
) {
  const prototype = IDBObjectStore.prototype as unknown as Record<typeof name, Method>;
  const usual = prototype[name];
  return vi.spyOn(prototype, name).mockImplementation(function (this: IDBObjectStore, value) {
    return instead(this, value, () => usual.call(this, value));
  });
}

export const quotaExceeded = (): DOMException =>
  new DOMException('The quota has been exceeded.', 'QuotaExceededError');

/** Every write from the n-th on fails, until mocks are restored. */
export function failWritesFrom(n: number, failure: (store: IDBObjectStore) => void) {
  let writes = 0;
  return replaceInStores('put', (store, _, usual) => {
    if (++writes >= n) failure(store);
    return usual();
  });
}

const aborted = new WeakSet<IDBTransaction>();

/** How a write fails: by name, what happens in the object store. */
export const failures = {
  'a put that throws': () => {
    throw quotaExceeded();
  },
  'a transaction that the browser aborts': ({ transaction }: IDBObjectStore) => {
    if (!aborted.has(transaction)) queueMicrotask(() => transaction.abort());
    aborted.add(transaction);
  },
  'a connection that was closed': ({ transaction }: IDBObjectStore) => {
    transaction.db.close();
    throw new DOMException('The database connection is closing.', 'InvalidStateError');
  },
};
