/** The private folder of a real browser; it needs no GPU, but a browser. */
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/opfs-store.ts';
import { storageRoom } from '../../src/storage/storage-room.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('OPFS in a browser', () => {
  it('keeps files from a page, over two openings of the store', async () => {
    const { store, notice } = await openStore();
    expect(notice).toBeUndefined();
    await store.remove('page');
    const part = await store.part('page/a/config.json');
    await part.restart('v1');
    await part.append(bytesOf('hello '));
    await part.close();
    const again = await (await openStore()).store.part('page/a/config.json');
    expect(again).toMatchObject({ size: 6, tag: 'v1' });
    await again.append(bytesOf('there'));
    await again.finish('abc');
    await again.close();

    const reopened = (await openStore()).store;
    const file = (await reopened.open('page/a/config.json'))!;
    expect(new TextDecoder().decode(await file.read(0, file.size))).toBe('hello there');
    expect(await reopened.list('page/')).toEqual([
      { key: 'page/a/config.json', size: 11, sha256: 'abc' },
    ]);
    await reopened.remove('page');
    expect(await reopened.list('page/')).toEqual([]);
  });

  it('writes through the synchronous handle in a worker', async () => {
    const worker = new Worker(new URL('./opfs-worker.ts', import.meta.url), { type: 'module' });
    const result = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage('worker/weights');
    });
    worker.terminate();
    expect(result).toEqual({ kind: 'opfs', continued: 4, text: 'one two', sync: true });
    const { store } = await openStore();
    await store.remove('worker');
  });

  it('says how much room there is', async () => {
    const room = await storageRoom();
    expect(room!.quotaBytes).toBeGreaterThan(0);
  });
});
