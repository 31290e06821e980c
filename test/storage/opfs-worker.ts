/** Writes to the private folder from a worker, where files offer the synchronous handle. */
import { openStore } from '../../src/storage/opfs-store.ts';

/** In two sittings, as after a broken download; answers with what is then stored. */
async function writeInTwoSittings(key: string): Promise<object> {
  const { store } = await openStore();
  const first = await store.part(key);
  await first.restart('v1');
  await first.append(new TextEncoder().encode('one '));
  await first.close();
  const second = await store.part(key);
  const continued = second.size;
  await second.append(new TextEncoder().encode('two'));
  await second.finish('abc');
  await second.close();
  const file = (await store.open(key))!;
  const text = new TextDecoder().decode(await file.read(0, file.size));
  return { kind: store.kind, continued, text, sync: 'FileSystemSyncAccessHandle' in globalThis };
}

globalThis.addEventListener('message', (event: MessageEvent<string>) => {
  writeInTwoSittings(event.data).then(
    (result) => globalThis.postMessage(result),
    (error: unknown) => globalThis.postMessage({ error: String(error) }),
  );
});
