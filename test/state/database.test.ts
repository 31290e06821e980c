/** The page's databases: one bad record, a refusal at each write, other tabs, no IndexedDB at all. */
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PageDatabase } from '../../src/state/database.ts';
import { failures, failWritesFrom, quotaExceeded, replaceInStores } from '../support/indexeddb.ts';

const kinds = {
  notes: {
    keyPath: 'id',
    schema: v.looseObject({ id: v.string(), text: v.string() }),
    called: 'note',
  },
  pages: {
    keyPath: ['note', 'from'],
    schema: v.looseObject({ note: v.string(), from: v.number() }),
    called: 'page',
  },
} as const;
const open = (retryMs = 0) => new PageDatabase('test', 1, kinds, { retryMs });
const note = (id: string, text = id) => ({ id, text });

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Puts something into a store past the checks. */
async function plant(store: string, value: unknown): Promise<void> {
  const raw = await openDB('test', 1);
  await raw.put(store, value);
  raw.close();
}

test('what is written is there for the next visit, by key and by group', async () => {
  const first = open();
  await first.write([
    { store: 'notes', put: note('b') },
    { store: 'notes', put: note('a') },
    { store: 'pages', put: { note: 'a', from: 0 } },
    { store: 'pages', put: { note: 'a', from: 10 } },
    { store: 'pages', put: { note: 'ab', from: 0 } },
  ]);
  const next = open();
  expect(await next.all('notes')).toEqual([note('a'), note('b')]);
  expect(await next.get('notes', 'b')).toEqual(note('b'));
  expect(await next.get('notes', 'c')).toBeUndefined();
  expect(await next.all('pages', 'a')).toEqual([
    { note: 'a', from: 0 },
    { note: 'a', from: 10 },
  ]);
  await next.write([{ store: 'pages', deleteGroup: 'a' }]);
  expect(await first.keys('pages')).toEqual([['ab', 0]]);
  expect([next.refused, next.bad]).toEqual([undefined, []]);
});

test('a record that is not one is set aside by name, stays, and is deleted when asked', async () => {
  const database = open();
  await database.write([
    { store: 'notes', put: note('a') },
    { store: 'notes', put: note('c') },
  ]);
  await plant('notes', { id: 'b', text: 7 });
  const heard: number[] = [];
  database.onchange(({ bad }) => heard.push(bad.length));
  expect(await database.all('notes')).toEqual([note('a'), note('c')]);
  expect(await database.get('notes', 'b')).toBeUndefined();
  expect(database.bad).toEqual([
    { store: 'notes', key: 'b', called: 'note', problems: ['text: expected string, got 7.'] },
  ]);
  expect(heard).toEqual([1]);
  expect(await database.keys('notes')).toEqual(['a', 'b', 'c']);
  await database.forget(database.bad[0]!);
  expect(database.bad).toEqual([]);
  expect(await open().keys('notes')).toEqual(['a', 'c']);
});

test('a record that the browser itself cannot read hides no other', async () => {
  await open().write([
    { store: 'notes', put: note('a') },
    { store: 'notes', put: note('b') },
  ]);
  const broken = new DOMException('Failed to read large IndexedDB value', 'DataError');
  replaceInStores('getAll', () => {
    throw broken;
  });
  replaceInStores('get', (_, key, usual) => {
    if (key === 'a') throw broken;
    return usual();
  });
  const database = open();
  expect(await database.all('notes')).toEqual([note('b')]);
  expect(database.bad).toMatchObject([
    { key: 'a', problems: ['The browser cannot read it (Failed to read large IndexedDB value).'] },
  ]);
});

const WRITES = 6;
test.each(
  Object.entries(failures).flatMap(([name, failure]) =>
    Array.from({ length: WRITES }, (_, i) => [name, i + 1, failure] as const),
  ),
)('%s, from write %i on: memory, said once, written later', async (_, n, failure) => {
  const database = open();
  const said: (string | undefined)[] = [];
  database.onchange(({ refused }) => said.push(refused));
  failWritesFrom(n, failure);
  const all = Array.from({ length: WRITES }, (_, i) => note(`n${i}`));
  for (const [i, one] of all.entries()) {
    await database.write([{ store: 'notes', put: one }]);
    // Read from memory, as if it were written.
    expect(await database.all('notes')).toEqual(all.slice(0, i + 1));
  }
  expect(said).toEqual([database.refused]);
  expect(database.refused).toBeDefined();
  expect(await open().keys('notes')).toEqual(all.slice(0, n - 1).map(({ id }) => id));

  vi.restoreAllMocks();
  await database.write([{ store: 'notes', put: note('last') }]);
  expect(database.refused).toBeUndefined();
  expect(said).toHaveLength(2);
  expect(await open().all('notes')).toEqual([note('last'), ...all]);
});

test('what is too large stays in memory and keeps nothing else from being written', async () => {
  replaceInStores('put', (_, value, usual) => {
    if ((value as { text: string }).text.length > 100) throw quotaExceeded();
    return usual();
  });
  const database = open();
  await database.write([{ store: 'notes', put: note('large', 'x'.repeat(200)) }]);
  await database.write([{ store: 'notes', put: note('small') }]);
  expect(database.refused).toMatch(/full/);
  expect(await database.keys('notes')).toEqual(['small', 'large']);
  expect(await open().keys('notes')).toEqual(['small']);
});

test('changes of one write are there together or not at all', async () => {
  const database = open(Infinity);
  failWritesFrom(2, failures['a transaction that the browser aborts']);
  await database.write([
    { store: 'notes', put: note('a') },
    { store: 'pages', put: { note: 'a', from: 0 } },
  ]);
  vi.restoreAllMocks();
  expect(await open().keys('notes')).toEqual([]);
  expect(await database.keys('notes')).toEqual(['a']);
});

test('after a failure it is not tried at every write', async () => {
  const database = open(60_000);
  const put = failWritesFrom(1, failures['a put that throws']);
  for (let i = 0; i < 5; i++) await database.write([{ store: 'notes', put: note(`n${i}`) }]);
  expect(put.mock.calls.length).toBeLessThanOrEqual(2);
  expect(await database.keys('notes')).toHaveLength(5);
});

test('without IndexedDB everything is in memory, and the reason is there', async () => {
  vi.stubGlobal('indexedDB', undefined);
  const database = open();
  await database.write([{ store: 'notes', put: note('a') }]);
  await database.write([{ store: 'pages', put: { note: 'a', from: 0 } }]);
  expect(database.refused).toMatch(/keeps nothing for this page/);
  expect(await database.all('notes')).toEqual([note('a')]);
  await database.write([
    { store: 'notes', delete: 'a' },
    { store: 'pages', deleteGroup: 'a' },
  ]);
  expect(await database.all('notes')).toEqual([]);
  expect(await database.all('pages')).toEqual([]);
});

test('a newer version in another tab: this one says so and goes on in memory', async () => {
  const database = open();
  await database.write([{ store: 'notes', put: note('a') }]);
  // The connection is given up for it.
  const newer = await openDB('test', 2);
  await database.write([{ store: 'notes', put: note('b') }]);
  expect(database.refused).toMatch(/newer version .* reload this one/);
  expect(await database.keys('notes')).toEqual(['b']);
  newer.close();
});

test('an earlier version in another tab that does not give way is no endless wait', async () => {
  const older = await openDB('test', 1, {
    upgrade: (fresh) => void fresh.createObjectStore('notes', { keyPath: 'id' }),
  });
  const database = new PageDatabase('test', 2, kinds, { retryMs: 0 });
  await database.write([{ store: 'pages', put: { note: 'a', from: 0 } }]);
  expect(database.refused).toMatch(/earlier version/);
  older.close();
  await vi.waitFor(async () => {
    await database.write([{ store: 'pages', put: { note: 'a', from: 1 } }]);
    expect(database.refused).toBeUndefined();
  });
  expect(await database.keys('pages')).toHaveLength(2);
});
