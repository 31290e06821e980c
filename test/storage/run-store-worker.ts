/** Writes a run from a worker, and answers with what is there then. */
import { openRunStore } from '../../src/storage/run-store.ts';

interface Request {
  runId: string;
  withoutStreams: boolean;
}

async function write({ runId, withoutStreams }: Request): Promise<object> {
  if (withoutStreams) Reflect.deleteProperty(FileSystemFileHandle.prototype, 'createWritable');
  const ways = {
    sync: 'createSyncAccessHandle' in FileSystemFileHandle.prototype,
    stream: 'createWritable' in FileSystemFileHandle.prototype,
    persist: 'persist' in navigator.storage,
  };
  const texts: string[] = [];
  const notices: string[] = [];
  for (const text of ['one', 'two', 'three']) {
    const runs = await openRunStore();
    await runs.write(runId, 'log', new TextEncoder().encode(text));
    texts.push(new TextDecoder().decode(await (await openRunStore()).read(runId, 'log')));
    notices.push(...runs.takeNotices().map((one) => one.text));
  }
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs');
  const kept: string[] = [];
  for await (const [name] of (await folder.getDirectoryHandle(runId)).entries()) kept.push(name);
  return { ways, texts, notices, kept: kept.sort() };
}

globalThis.addEventListener('message', (event: MessageEvent<Request>) => {
  write(event.data).then(
    (answer) => globalThis.postMessage(answer),
    (error: unknown) => globalThis.postMessage({ error: String(error) }),
  );
});
