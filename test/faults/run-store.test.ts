/** The run store and the notes of the page: a fault at every call, and the end of the process at every call. */
import { expect, it } from 'vitest';
import { StorageError } from '../../src/errors.ts';
import { opfsNotes } from '../../src/storage/notes.ts';
import { opfsFolder } from '../../src/storage/opfs-folder.ts';
import { soleOwners } from '../../src/storage/owner.ts';
import { folderRunStore, openRunStore, type RunStore } from '../../src/storage/run-store.ts';
import { assertLastOrLater, everyFault, type Trace } from './every-fault.ts';
import { faultyOpfs } from './opfs.ts';
import { BROWSER_FAULTS, Plan } from './plan.ts';
import type { FolderNode } from './tree.ts';

const FAULTS = [...BROWSER_FAULTS, 'short', 'crash'] as const;
const encoder = new TextEncoder();
/** Long, so that a cut or a hole falls into the content as well as into the header. */
const contentOf = (text: string) => encoder.encode(text.padEnd(400, '.'));
const textOf = (bytes: Uint8Array | undefined) =>
  bytes && (bytes.length === 400 ? new TextDecoder().decode(bytes).replace(/\.+$/, '') : 'a part');

const bare = (root: FolderNode, plan: Plan, synchronous: boolean): RunStore =>
  folderRunStore(opfsFolder(faultyOpfs(root, plan, { synchronous }), ['runs']), {
    owners: soleOwners(),
  });

/** What a fresh page reads. A first write that was cut off has no good copy before it: then an error is right. */
async function readAgain(root: FolderNode, synchronous: boolean, trace: Trace): Promise<void> {
  const store = bare(root, new Plan(), synchronous);
  try {
    assertLastOrLater(textOf(await store.read('r1', 'checkpoint')), trace);
  } catch (error) {
    if (trace.done.length > 0 || !(error instanceof StorageError)) throw error;
  }
  // What is left can be written over, listed and deleted.
  await store.write('r1', 'checkpoint', contentOf('after'));
  if (textOf(await store.read('r1', 'checkpoint')) !== 'after') throw new Error('not written anew');
  if ((await store.list()).length !== 1) throw new Error('not listed');
  await store.remove('r1');
  if ((await store.list()).length !== 0) throw new Error('not deleted');
}

it.each([true, false])(
  'a run store keeps what it acknowledged (synchronous: %o)',
  async (synchronous) => {
    const tally = await everyFault({
      faults: FAULTS,
      async sequence(root, plan, trace) {
        const store = bare(root, plan, synchronous);
        for (const name of ['one', 'two', 'three', 'four']) {
          await trace.step(name, () => store.write('r1', 'checkpoint', contentOf(name)));
        }
        const again = bare(root, plan, synchronous);
        await trace.step('five', async () => {
          const read = textOf(await again.read('r1', 'checkpoint'));
          // The newest, or it is said that it is not.
          if (again.takeNotices().length === 0) assertLastOrLater(read, trace);
          await again.write('r1', 'checkpoint', contentOf('five'));
        });
        await trace.step('six', () => again.write('r1', 'checkpoint', contentOf('six')));
      },
      check: (root, trace) => readAgain(root, synchronous, trace),
    });
    console.log('run store', { synchronous, ...tally });
    expect(tally.points).toBeGreaterThanOrEqual(120);
    expect(tally.crashes).toBe(tally.points * 8);
    expect(tally.failures).toBe(tally.points * 8);
  },
);

it.each([true, false])('no fault of storage ends a run (synchronous: %o)', async (synchronous) => {
  const tally = await everyFault({
    faults: FAULTS,
    async sequence(root, plan, trace) {
      const handle = faultyOpfs(root, plan, { synchronous });
      const store = await openRunStore(() => Promise.resolve(handle));
      let told = 0;
      for (const name of ['one', 'two', 'three']) {
        // Taken in any case, and read back in any case.
        await store.write('r1', 'checkpoint', contentOf(name));
        await store.write('r1', 'progress', contentOf(name));
        const notices = store.takeNotices();
        told += notices.filter(({ kind }) => kind === 'doubtful').length;
        if (store.refused === undefined && told === 0 && !plan.crashed) {
          await trace.step(name, () => Promise.resolve());
        } else trace.tried.push(name);
      }
      if (told > 1) throw new Error('told more than once');
      const before = plan.hit;
      try {
        const read = textOf(await store.read('r1', 'checkpoint'));
        if (read !== 'three' && store.takeNotices().length === 0) throw new Error('not read back');
      } catch (error) {
        if (before || !(error instanceof StorageError)) throw error;
      }
    },
    async check(root, trace) {
      const store = bare(root, new Plan(), synchronous);
      const read = async (name: string) => {
        try {
          return textOf(await store.read('r1', name));
        } catch (error) {
          if (trace.done.length > 0 || !(error instanceof StorageError)) throw error;
          return undefined;
        }
      };
      const checkpoint = await read('checkpoint');
      assertLastOrLater(checkpoint, trace);
      const progress = await read('progress');
      assertLastOrLater(progress, trace);
      // The note of progress never speaks of a checkpoint that is not there.
      const order = [undefined, 'one', 'two', 'three'];
      if (order.indexOf(progress) > order.indexOf(checkpoint)) {
        throw new Error(`progress is at ${progress}, the checkpoint at ${checkpoint ?? 'none'}`);
      }
    },
  });
  console.log('soft run store', { synchronous, ...tally });
  expect(tally.points).toBeGreaterThanOrEqual(120);
  expect(tally.crashes).toBe(tally.points * 8);
});

it('notes keep what they acknowledged', async () => {
  const tally = await everyFault({
    faults: FAULTS,
    async sequence(root, plan, trace) {
      const notes = opfsNotes('engine', () =>
        Promise.resolve(faultyOpfs(root, plan, { synchronous: true })),
      );
      for (const name of ['one', 'two', 'three']) {
        await trace.step(name, () => notes.write('key', name.padEnd(200, '.')));
      }
    },
    async check(root, trace) {
      const notes = opfsNotes('engine', () =>
        Promise.resolve(faultyOpfs(root, new Plan(), { synchronous: true })),
      );
      try {
        assertLastOrLater((await notes.read('key'))?.replace(/\.+$/, ''), trace);
      } catch (error) {
        if (trace.done.length > 0 || !(error instanceof StorageError)) throw error;
      }
    },
  });
  console.log('notes', tally);
  expect(tally.points).toBeGreaterThanOrEqual(50);
});
