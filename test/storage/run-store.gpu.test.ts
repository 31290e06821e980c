/** Runs in the private folder of a real browser, written from a page and from a worker. */
import { expect, it } from 'vitest';
import { openRunStore } from '../../src/storage/run-store.ts';

const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

interface Answer {
  ways: { sync: boolean; stream: boolean; persist: boolean };
  refused?: string;
  texts: string[];
  notices: string[];
  kept: string[];
}

/** What a worker finds and writes; without `createWritable` as in browsers that lack it. */
async function inWorker(runId: string, withoutStreams: boolean): Promise<Answer> {
  const worker = new Worker(new URL('./run-store-worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Answer & { error?: string }>) =>
        data.error === undefined ? resolve(data) : reject(new Error(data.error));
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ runId, withoutStreams });
    });
  } finally {
    worker.terminate();
  }
}

it.each([false, true])(
  'from a worker by synchronous handles (no createWritable: %o)',
  async (without) => {
    const runId = `worker-${without}`;
    const answer = await inWorker(runId, without);
    // Only pages may ask the browser to keep files.
    expect(answer.ways).toEqual({ sync: true, stream: !without, persist: false });
    expect(answer).toMatchObject({ texts: ['one', 'two', 'three'], notices: [] });
    expect(answer.kept).toEqual(['log.1', 'log.2']);
    // The page reads what the worker wrote, and takes its turn.
    const runs = await openRunStore();
    expect(textOf(await runs.read(runId, 'log'))).toBe('three');
    await runs.write(runId, 'log', new TextEncoder().encode('four'));
    expect(textOf(await (await openRunStore()).read(runId, 'log'))).toBe('four');
    await runs.remove(runId);
    expect((await runs.list()).map((run) => run.runId)).not.toContain(runId);
  },
);

it('from a page by streams, the copy before a damaged one with a notice', async () => {
  const runs = await openRunStore();
  expect(runs.refused).toBeUndefined();
  await runs.write('page', 'log', new TextEncoder().encode('one'));
  await runs.write('page', 'log', new TextEncoder().encode('two'));
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs');
  const slot = await (await folder.getDirectoryHandle('page')).getFileHandle('log.2');
  const bytes = new Uint8Array(await (await slot.getFile()).arrayBuffer());
  bytes[bytes.length - 1]! ^= 1;
  const stream = await slot.createWritable();
  await stream.write(bytes);
  await stream.close();
  const again = await openRunStore();
  expect(textOf(await again.read('page', 'log'))).toBe('one');
  expect(again.takeNotices()).toMatchObject([{ kind: 'doubtful', places: ['runs/page/log'] }]);
  await again.remove('page');
});

it('on a page without any way to write: in memory, with the reason', async () => {
  const { prototype } = FileSystemFileHandle;
  const way = Object.getOwnPropertyDescriptor(prototype, 'createWritable')!;
  Reflect.deleteProperty(prototype, 'createWritable');
  try {
    const runs = await openRunStore();
    expect(runs.refused).toContain('lets no page write files');
    await runs.write('page', 'log', new TextEncoder().encode('one'));
    expect(textOf(await runs.read('page', 'log'))).toBe('one');
  } finally {
    Object.defineProperty(prototype, 'createWritable', way);
  }
});
