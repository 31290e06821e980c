/** That the harness catches what it is there for: stores that are wrong in the usual ways. */
import { expect, it } from 'vitest';
import { StorageError } from '../../src/errors.ts';
import { writeDurably, type DiskCalls } from '../../src/storage/durable.ts';
import type { FileHandle } from '../../src/storage/opfs-append.ts';
import { assertLastOrLater, everyFault, type Tally } from './every-fault.ts';
import { faultyDisk } from './node-disk.ts';
import { faultyOpfs } from './opfs.ts';
import { DISK_FAULTS, Plan, type Fault } from './plan.ts';

const textFor = (name: string) => name.padEnd(200, '.');

/** Writes "one", "two", "three" to one file in a folder. */
function onDisk(
  write: (calls: DiskCalls, path: string, text: string) => Promise<void>,
  faults: readonly Fault[] = [...DISK_FAULTS, 'short', 'crash'],
): Promise<Tally> {
  const path = '/out/log';
  return everyFault({
    faults,
    async prepare(root) {
      await faultyDisk(root, new Plan()).mkdir('/out');
      root.flush();
    },
    async sequence(root, plan, trace) {
      const calls = faultyDisk(root, plan);
      for (const name of ['one', 'two', 'three']) {
        await trace.step(name, async () => {
          try {
            await write(calls, path, textFor(name));
          } catch (cause) {
            throw new StorageError('not written', [], { cause });
          }
        });
      }
    },
    async check(root, trace) {
      const read = async () => {
        try {
          return await faultyDisk(root, new Plan()).readFile(path, 'utf8');
        } catch {
          return undefined;
        }
      };
      const text = await read();
      assertLastOrLater(text?.length === 200 ? text.replace(/\.+$/, '') : text, trace);
    },
  });
}

it('a file that is written beside, synced, renamed, its folder synced, is never lost', async () => {
  const tally = await onDisk((calls, path, text) => writeDurably(path, text, calls));
  expect(tally.points).toBeGreaterThanOrEqual(24);
  expect(tally.crashes).toBe(tally.points * 8);
  expect(tally.failures).toBe(tally.points * 6);
});

it.each([
  [
    'writes in place',
    async (calls: DiskCalls, path: string, text: string) => {
      const file = await calls.open(path, 'w');
      await file.writeFile(text);
      await file.sync();
      await file.close();
    },
  ],
  [
    'renames what was not synced',
    async (calls: DiskCalls, path: string, text: string) => {
      const file = await calls.open(`${path}.new`, 'w');
      await file.writeFile(text);
      await file.close();
      await calls.rename(`${path}.new`, path);
    },
  ],
  [
    'does not sync the folder',
    async (calls: DiskCalls, path: string, text: string) => {
      const file = await calls.open(`${path}.new`, 'w');
      await file.writeFile(text);
      await file.sync();
      await file.close();
      await calls.rename(`${path}.new`, path);
    },
  ],
])('a store on disk is caught that %s', async (_, write) => {
  await expect(onDisk(write, ['crash'])).rejects.toThrow(
    /crash at call \d+.*(never written|acknowledged)/,
  );
});

it('a store is caught that takes what was written by half for the whole', async () => {
  await expect(
    onDisk(
      async (calls, path, text) => {
        const file = await calls.open(path, 'w');
        await file.write(new TextEncoder().encode(text), 0);
        await file.sync();
        await file.close();
      },
      ['short'],
    ),
  ).rejects.toThrow('short at call');
});

it('an error that says nothing to a person is caught', async () => {
  const raw = everyFault({
    faults: ['SecurityError'],
    sequence: (root, plan, trace) =>
      trace.step('one', async () => {
        await faultyOpfs(root, plan, { synchronous: true }).getFileHandle('log', { create: true });
      }),
    check: () => Promise.resolve(),
  });
  await expect(raw).rejects.toThrow('SecurityError at call 1: a raw error');
});

it('a handle that stays open after a failure is caught', async () => {
  const write = async (root: FileSystemDirectoryHandle, text: string): Promise<void> => {
    const handle = await root.getFileHandle(text, { create: true });
    const access = await (handle as FileHandle).createSyncAccessHandle!();
    access.write(new TextEncoder().encode(text), { at: 0 });
    access.flush();
    access.close();
  };
  const leaking = everyFault({
    faults: ['QuotaExceededError'],
    async sequence(root, plan, trace) {
      const folder = faultyOpfs(root, plan, { synchronous: true });
      for (const name of ['one', 'two']) {
        await trace.step(name, () =>
          write(folder, 'log').catch((cause: unknown) => {
            throw new StorageError('not written', [], { cause });
          }),
        );
      }
    },
    check: (root) => write(faultyOpfs(root, new Plan(), { synchronous: true }), 'log'),
  });
  await expect(leaking).rejects.toThrow('NoModificationAllowedError');
});
