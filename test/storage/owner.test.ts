/** One owner per name: in a tab, and among the tabs that share a lock manager. */
import { expect, test } from 'vitest';
import { ELSEWHERE, Holdings, soleOwners, tabOwners } from '../../src/storage/owner.ts';

// Node has Web Locks from version 24 on; a tab without them keeps to itself.
const kinds = [
  ['within one tab', soleOwners],
  ['without Web Locks', () => tabOwners(undefined)],
] as const;

test.each(kinds)('%s: a name has one owner at a time', async (_, make) => {
  const owners = make();
  let release: (value: string) => void = () => undefined;
  const first = owners.alone('run/a', () => new Promise<string>((resolve) => (release = resolve)));
  expect(await owners.owned()).toEqual(new Set(['run/a']));
  expect(await owners.alone('run/a', () => Promise.resolve('twice'))).toBe(ELSEWHERE);
  expect(await owners.alone('run/b', () => Promise.resolve('other'))).toBe('other');
  const second = owners.alone('run/a', () => Promise.resolve('later'), { wait: true });
  release('first');
  expect(await first).toBe('first');
  expect(await second).toBe('later');
  expect(await owners.owned()).toEqual(new Set());
});

test.each(kinds)('%s: work that fails gives its name up', async (_, make) => {
  const owners = make();
  await expect(owners.alone('a', () => Promise.reject(new Error('broken')))).rejects.toThrow(
    'broken',
  );
  expect(await owners.alone('a', () => Promise.resolve(1))).toBe(1);
});

test('Web Locks: asked by the name with a prefix, and listed without it', async () => {
  const asked: [string, LockOptions][] = [];
  const locks = {
    request: (
      name: string,
      options: LockOptions,
      work: (lock: Lock | null) => Promise<unknown>,
    ) => {
      asked.push([name, options]);
      return work(asked.length === 1 ? null : { name, mode: 'exclusive' });
    },
    query: () =>
      Promise.resolve({ held: [{ name: 'idiolect/run/a' }, { name: 'other page' }], pending: [] }),
  } as unknown as LockManager;
  const owners = tabOwners(locks);
  expect(await owners.alone('run/a', () => Promise.resolve(1))).toBe(ELSEWHERE);
  expect(await owners.alone('run/a', () => Promise.resolve(1), { wait: true })).toBe(1);
  expect(asked).toEqual([
    ['idiolect/run/a', { ifAvailable: true }],
    ['idiolect/run/a', { ifAvailable: false }],
  ]);
  expect(await owners.owned()).toEqual(new Set(['run/a']));
});

test('names are held from one call to a later one, and another holder waits its turn', async () => {
  const owners = soleOwners();
  const [one, other] = [new Holdings(owners), new Holdings(owners)];
  expect(await one.take('run/a')).toBe(true);
  expect(await one.take('run/a')).toBe(true);
  expect(await other.take('run/a')).toBe(false);
  expect([one.has('run/a'), other.has('run/a')]).toEqual([true, false]);
  expect([await one.elsewhere(), await other.elsewhere()]).toEqual([new Set(), new Set(['run/a'])]);
  await one.release('run/a');
  expect(await other.take('run/a')).toBe(true);
  expect(await one.take('run/a')).toBe(false);
  await one.release('run/a');
  expect(await owners.owned()).toEqual(new Set(['run/a']));
});
