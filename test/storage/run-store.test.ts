import { describe, expect, it } from 'vitest';
import { StorageError } from '../../src/errors.ts';
import { noteName, opfsNotes } from '../../src/storage/notes.ts';
import { openRunStore } from '../../src/storage/run-store.ts';
import { createDisk, fakeRoot, type FakeDisk } from './fake-opfs.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

function opened(disk: FakeDisk = createDisk()) {
  const root = fakeRoot(disk);
  return { disk, root, store: () => openRunStore(() => Promise.resolve(root)) };
}

describe.each([true, false])(
  'runs in the private folder, written synchronously: %o',
  (synchronous) => {
    it('are kept over openings, listed with their sizes, and deleted', async () => {
      const { disk, store } = opened(createDisk({ synchronous }));
      const first = await store();
      expect(first.refused).toBeUndefined();
      expect(await first.read('r1', 'log')).toBeUndefined();
      await first.write('r1', 'log', bytesOf('one'));
      await first.write('r1', 'log', bytesOf('three'));
      await first.write('r2', 'log', bytesOf('other'));
      const again = await store();
      expect(textOf(await again.read('r1', 'log'))).toBe('three');
      expect(await again.list()).toEqual([
        { runId: 'r1', bytes: 96 + 3 + 96 + 5 },
        { runId: 'r2', bytes: 96 + 5 },
      ]);
      await again.remove('r1');
      await again.remove('never there');
      expect(await again.read('r1', 'log')).toBeUndefined();
      expect((await again.list()).map(({ runId }) => runId)).toEqual(['r2']);
      expect(again.takeNotices()).toEqual([]);
      expect(disk.open).toBe(0);
    });

    it('go on in memory when there is no room, and are written once there is', async () => {
      const { disk, store } = opened(createDisk({ synchronous }));
      const runs = await store();
      await runs.write('r1', 'checkpoint', bytesOf('step 10'));
      await runs.write('r1', 'progress', bytesOf('10'));
      disk.room = 0;
      await runs.write('r1', 'checkpoint', bytesOf('step 20'));
      // Small enough to fit, and still not before what it speaks of.
      disk.room = 101;
      await runs.write('r1', 'progress', bytesOf('20'));
      await runs.write('r2', 'checkpoint', bytesOf('step 5 of another'));
      const notices = runs.takeNotices();
      expect(notices).toHaveLength(1);
      expect(notices[0]!.text).toMatch(
        /no room left .*: delete models or runs under Storage.*memory/,
      );
      expect(runs.takeNotices()).toEqual([]);
      expect(textOf(await runs.read('r1', 'checkpoint'))).toBe('step 20');
      expect(textOf(await runs.read('r1', 'progress'))).toBe('20');
      expect(await runs.list()).toMatchObject([{ runId: 'r1' }, { runId: 'r2' }]);
      const reloaded = await store();
      expect(textOf(await reloaded.read('r1', 'checkpoint'))).toBe('step 10');
      expect(textOf(await reloaded.read('r1', 'progress'))).toBe('10');

      disk.room = 10_000;
      await runs.write('r1', 'log', bytesOf('row'));
      expect(runs.takeNotices()).toEqual([]);
      await runs.write('r2', 'progress', bytesOf('5'));
      expect(runs.takeNotices()).toMatchObject([{ kind: 'info' }]);
      const later = await store();
      expect(textOf(await later.read('r1', 'checkpoint'))).toBe('step 20');
      expect(textOf(await later.read('r1', 'progress'))).toBe('20');
      expect(textOf(await later.read('r2', 'progress'))).toBe('5');
      expect(disk.open).toBe(0);
    });
  },
);

describe('a browser that keeps nothing', () => {
  it('keeps runs in memory and says why', async () => {
    const store = await openRunStore(() => Promise.reject(new DOMException('', 'SecurityError')));
    expect(store.refused).toMatch(/keeps no files for this page.*private window/);
    await store.write('r1', 'log', bytesOf('one'));
    expect(textOf(await store.read('r1', 'log'))).toBe('one');
    expect((await store.list()).map(({ runId }) => runId)).toEqual(['r1']);
  });

  it('on a page that may write no files: in memory, with a notice', async () => {
    const { store } = opened(createDisk({ synchronous: false, streams: false }));
    const runs = await store();
    await runs.write('r1', 'log', bytesOf('one'));
    expect(textOf(await runs.read('r1', 'log'))).toBe('one');
    expect(runs.takeNotices()[0]!.text).toContain('lets no page write files');
  });
});

describe('notes in the private folder', () => {
  it('are kept under any key, and an error when they are damaged', async () => {
    const root = fakeRoot(createDisk());
    const notes = opfsNotes('engine', () => Promise.resolve(root));
    const key = 'a|../b c/ü';
    expect(await notes.read(key)).toBeUndefined();
    await notes.write(key, 'one');
    await notes.write(key, 'two');
    expect(await opfsNotes('engine', () => Promise.resolve(root)).read(key)).toBe('two');
    const folder = await root.getDirectoryHandle('engine');
    for (const slot of ['1', '2']) {
      const writable = await (
        await folder.getFileHandle(`${noteName(key)}.${slot}`)
      ).createWritable();
      await writable.write('cut');
      await writable.close();
    }
    await expect(notes.read(key)).rejects.toThrow(StorageError);
  });
});
