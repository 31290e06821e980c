/** The model cache, in the browser and on disk: a fault at every call, the end of the process at every call. */
import { expect, it } from 'vitest';
import { systemProblem } from '../../src/cli/system-error.ts';
import { IdiolectError, StorageError } from '../../src/errors.ts';
import { createDiskStore } from '../../src/storage/disk-store.ts';
import type { FileStore } from '../../src/storage/file-store.ts';
import { createOpfsStore } from '../../src/storage/opfs-store.ts';
import { Sha256 } from '../../src/storage/sha256.ts';
import { Damage, openChecked } from '../../src/storage/stored-file.ts';
import { everyFault, type Tally, type Trace } from './every-fault.ts';
import { faultyDisk } from './node-disk.ts';
import { faultyOpfs } from './opfs.ts';
import { BROWSER_FAULTS, DISK_FAULTS, Plan, type Fault } from './plan.ts';
import type { FolderNode } from './tree.ts';

const KEY = 'hub/someone/model@main/weights';
/** Two versions of one file. */
const content = (version: string) => new TextEncoder().encode(`${version}:`.repeat(100));
const hashOf = (version: string) => new Sha256().update(content(version)).hex();

/** Receives what is still missing of a version, and makes it a finished file. */
async function receive(store: FileStore, version: string, most = Infinity): Promise<void> {
  const part = await store.part(KEY);
  try {
    if (part.tag !== version) await part.restart(version);
    const whole = content(version);
    const end = Math.min(whole.length, most);
    for (let at = part.size; at < end; at = part.size) {
      await part.append(whole.subarray(at, Math.min(end, at + 90)));
    }
    if (end < whole.length) return;
    const source = await part.source();
    const bytes = await source.read(0, source.size);
    const hash = new Sha256().update(bytes).hex();
    if (hash !== hashOf(version)) {
      await part.restart('');
      throw new StorageError('not what the server sent');
    }
    await part.finish(hash);
  } finally {
    await part.close();
  }
}

async function sequence(store: FileStore, trace: Trace): Promise<void> {
  await trace.step('part of v1', () => receive(store, 'v1', 150));
  await trace.step('v1', () => receive(store, 'v1'));
  await trace.step('v2', () => receive(store, 'v2'));
}

/** What is there is a whole version, and the last that was finished unless another was begun. */
async function check(store: FileStore, { tried, done }: Trace): Promise<void> {
  const found = await openChecked(store, KEY);
  if (found instanceof Damage) throw new Error(found.text);
  const text = found && new TextDecoder().decode(await found.read(0, found.size));
  const version = ['v1', 'v2'].find((one) => new TextDecoder().decode(content(one)) === text);
  if (text !== undefined && version === undefined) throw new Error('a file of no version');
  if (done.includes('v2') && version !== 'v2') throw new Error(`v2 was finished, not ${version}`);
  if (done.includes('v1') && !tried.includes('v2') && version !== 'v1') {
    throw new Error(`v1 was finished, not ${version}`);
  }
  // However it was left, one more download ends it.
  await receive(store, 'v2').catch(() => receive(store, 'v2'));
  const again = await openChecked(store, KEY);
  if (again === undefined || again instanceof Damage) throw new Error('not received anew');
  await store.remove('hub');
  if ((await store.list()).length > 0) throw new Error('not deleted');
}

function campaign(
  faults: readonly Fault[],
  open: (root: FolderNode, plan: Plan) => FileStore,
  prepare: (root: FolderNode) => Promise<void> = () => Promise.resolve(),
): Promise<Tally> {
  return everyFault({
    faults,
    prepare,
    // The commands say in words what the operating system says of a file.
    plain: (error) => error instanceof IdiolectError || systemProblem(error) !== undefined,
    sequence: (root, plan, trace) => sequence(open(root, plan), trace),
    check: (root, trace) => check(open(root, new Plan()), trace),
  });
}

it.each([true, false])('the cache of the browser (synchronous: %o)', async (synchronous) => {
  const tally = await campaign([...BROWSER_FAULTS, 'short', 'crash'], (root, plan) =>
    createOpfsStore(faultyOpfs(root, plan, { synchronous })),
  );
  console.log('model cache', { synchronous, ...tally });
  expect(tally.points).toBeGreaterThanOrEqual(115);
  expect(tally.crashes).toBe(tally.points * 8);
});

it('the cache on disk', async () => {
  const tally = await campaign(
    [...DISK_FAULTS, 'short', 'crash'],
    (root, plan) => createDiskStore('/cache', faultyDisk(root, plan)),
    async (root) => {
      await faultyDisk(root, new Plan()).mkdir('/cache');
      root.flush();
    },
  );
  console.log('model cache on disk', tally);
  expect(tally.points).toBeGreaterThanOrEqual(150);
  expect(tally.crashes).toBe(tally.points * 8);
});
