import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { DownloadError, StoppedError, UnsupportedModelError } from '../../src/errors.ts';
import { readText } from '../../src/storage/byte-source.ts';
import type { DownloadProgress } from '../../src/storage/download-progress.ts';
import { fetchEmbeddedModel } from '../../src/storage/embedded.ts';
import { createMemoryStore, type FileStore } from '../../src/storage/file-store.ts';
import { hashOf } from '../../src/storage/hash-file.ts';
import { downloadHubModel, hubFolder, parseHubId, type HubOptions } from '../../src/storage/hub.ts';
import { listStoredModels, openStoredModel } from '../../src/storage/stored-model.ts';
import type { ModelFiles } from '../../src/storage/model-files.ts';
import { createOpfsStore } from '../../src/storage/opfs-store.ts';
import { createDisk, fakeRoot } from './fake-opfs.ts';
import { cutAfter, sendFile, startHub, type HubServer } from './hub-server.ts';

/** Large enough to arrive in several chunks. */
const WEIGHTS = new Uint8Array(300_000).map((_, i) => (i * 7919) % 251);
const MODEL = {
  'config.json': '{"model_type":"llama"}',
  'tokenizer.json': '{"model":{}}',
  'vocab.json': '{}',
  'merges.txt': '',
  'README.md': '# A model',
  'model.safetensors': WEIGHTS,
};
const model = { id: 'owner/name', revision: 'main' };

let hub: HubServer | undefined;
afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

async function serve(files: Record<string, Uint8Array | string> = MODEL): Promise<HubServer> {
  return (hub = await startHub(files));
}

function download(options: Partial<HubOptions> = {}): Promise<ModelFiles> {
  return downloadHubModel(model, {
    store: createMemoryStore(),
    baseUrl: hub!.url,
    wait: () => Promise.resolve(),
    ...options,
  });
}

const weightsOf = (files: ModelFiles) => hashOf(files.files.get('model.safetensors')!);
const expectedHash = createHash('sha256').update(WEIGHTS).digest('hex');
const weightRequests = () =>
  hub!.requests.filter(({ file }) => file === 'model.safetensors').map(({ range }) => range);
const weights = () => hub!.files.get('model.safetensors')!;

describe.each([true, false])('a sound server, listed: %s', (listed) => {
  it('gives the files of the model and no others', async () => {
    (await serve()).listed = listed;
    const { id, files } = await download();
    expect(id).toBe('owner/name');
    expect([...files.keys()].sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect(await readText(files.get('config.json')!)).toBe(MODEL['config.json']);
    expect(await hashOf(files.get('model.safetensors')!)).toBe(expectedHash);
  });

  it('gives all parts of a divided model', async () => {
    const index = { weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' } };
    await serve({
      'config.json': '{}',
      'tokenizer.json': '{}',
      'model.safetensors.index.json': JSON.stringify(index),
      'model-1.safetensors': WEIGHTS,
      'model-2.safetensors': WEIGHTS,
    });
    hub!.listed = listed;
    const { files } = await download();
    expect(files.has('model-1.safetensors') && files.has('model-2.safetensors')).toBe(true);
  });

  it('takes the older tokenizer files where there is no tokenizer.json', async () => {
    (await serve()).listed = listed;
    hub!.files.delete('tokenizer.json');
    const { files } = await download();
    expect(files.has('vocab.json') && files.has('merges.txt')).toBe(true);
  });

  it('says what it expected when there are no weights', async () => {
    await serve({ 'config.json': '{}', 'tokenizer.json': '{}', 'pytorch_model.bin': 'x' });
    hub!.listed = listed;
    await expect(download()).rejects.toThrow(UnsupportedModelError);
    await expect(download()).rejects.toThrow(/model\.safetensors/);
  });
});

describe('progress', () => {
  it('rises to the total, with speed and time left', async () => {
    await serve();
    const heard: DownloadProgress[] = [];
    let seconds = 0;
    await download({ onProgress: (progress) => void heard.push(progress), now: () => seconds++ });
    const done = heard.filter(({ phase }) => phase === 'downloading');
    const total = MODEL['config.json'].length + MODEL['tokenizer.json'].length + WEIGHTS.length;
    expect(done.every(({ bytesTotal }) => bytesTotal === total)).toBe(true);
    expect(done.map(({ bytesDone }) => bytesDone)).toEqual(
      done.map(({ bytesDone }) => bytesDone).sort((a, b) => a - b),
    );
    expect(done.at(-1)).toMatchObject({ bytesDone: total, secondsLeft: 0 });
    expect(done.at(-1)!.bytesPerSecond).toBeGreaterThan(0);
    expect(heard.some(({ phase }) => phase === 'checking')).toBe(true);
  });
});

describe('broken connections', () => {
  it('goes on where it broke', async () => {
    await serve();
    Object.assign(weights(), { fault: cutAfter(100_000), faults: 2 });
    expect(await weightsOf(await download())).toBe(expectedHash);
    const starts = weightRequests().map((range) => Number(/\d+/.exec(range ?? '0')));
    expect(starts).toHaveLength(3);
    expect(starts[0]).toBe(0);
    expect(starts[1]).toBeGreaterThan(0);
    expect(starts[2]).toBeGreaterThan(starts[1]!);
  });

  it('begins anew when the server ignores the range', async () => {
    await serve();
    let first = true;
    weights().fault = (request, response, content) => {
      if (first) cutAfter(100_000)(request, response, content);
      else response.writeHead(200, { 'content-length': content.length }).end(content);
      first = false;
    };
    expect(await weightsOf(await download())).toBe(expectedHash);
  });

  it('begins anew when the file changed in between', async () => {
    await serve();
    hub!.listed = false;
    const old = new Uint8Array(WEIGHTS.length).fill(1);
    let first = true;
    weights().fault = (request, response) => {
      if (first) cutAfter(100_000)(request, response, old);
      else sendFile(request, response, WEIGHTS);
      first = false;
    };
    expect(await weightsOf(await download())).toBe(expectedHash);
    expect(weightRequests().at(-1)).toBeUndefined();
  });

  it('gives up after breaking often without a new byte, and keeps what came', async () => {
    await serve();
    const store = createMemoryStore();
    let breaks = 0;
    weights().fault = (request, response, content) => {
      cutAfter(breaks++ === 0 ? 50_000 : 0)(request, response, content);
    };
    await expect(download({ store, attempts: 3 })).rejects.toThrow(/broke 3 times at 50000 bytes/);
    delete weights().fault;
    expect(await weightsOf(await download({ store }))).toBe(expectedHash);
    expect(weightRequests().at(-1)).toBe('bytes=50000-');
  });

  it('tries again after errors of the server', async () => {
    await serve();
    const busy = (_: unknown, response: ServerResponse) => void response.writeHead(503).end();
    Object.assign(weights(), { fault: busy, faults: 2 });
    expect(await weightsOf(await download())).toBe(expectedHash);
  });

  it('says that nothing can be reached', async () => {
    await serve();
    const { url } = hub!;
    await hub!.close();
    hub = undefined;
    const failing = downloadHubModel(model, {
      store: createMemoryStore(),
      baseUrl: url,
      wait: () => Promise.resolve(),
    });
    await expect(failing).rejects.toThrow(DownloadError);
    await expect(failing).rejects.toThrow(/within reach/);
  });

  it('stops when asked and goes on the next time', async () => {
    await serve();
    const store = createMemoryStore();
    const stop = new AbortController();
    let seconds = 0;
    weights().fault = (_, response, content) => {
      // The rest never comes: only stopping ends this download.
      response.writeHead(200, { 'content-length': content.length, etag: '"v"' });
      response.write(content.subarray(0, 60_000));
    };
    const stopped = download({
      store,
      signal: stop.signal,
      now: () => seconds++,
      onProgress: ({ file, bytesDone }) => {
        if (file === 'model.safetensors' && bytesDone > 60_000) stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow(StoppedError);
    expect(await listStoredModels(store)).toMatchObject([{ complete: false }]);
    weights().fault = (request, response, content) =>
      sendFile(request, response, content, { etag: '"v"' });
    expect(await weightsOf(await download({ store }))).toBe(expectedHash);
    expect(weightRequests().at(-1)).toBe('bytes=60000-');
  });
});

describe('answers that are not the file', () => {
  const answering =
    (status: number, headers: Record<string, string | number>, body: string | Uint8Array = '') =>
    (_: unknown, response: ServerResponse) =>
      void response.writeHead(status, headers).end(body);

  it.each<[string, ReturnType<typeof answering>, RegExp]>([
    ['a web page', answering(200, { 'content-type': 'text/html' }, '<html>'), /with a web page/],
    [
      'a web page in disguise',
      answering(200, { 'content-type': 'application/json' }, '\n<!DOCTYPE html><p>'),
      /web page/,
    ],
    ['a refusal', answering(403, {}), /private, or asks for a license/],
    ['another error', answering(400, {}), /answered 400/],
    [
      'another length than listed',
      answering(200, { 'content-length': 10 }, '0123456789'),
      /contradicts itself about the length: the listing says 300000, content-length says 10/,
    ],
    [
      'another linked size than listed',
      answering(200, { 'x-linked-size': '12' }, WEIGHTS),
      /x-linked-size says 12/,
    ],
    ['too many bytes', answering(200, {}, new Uint8Array(400_000)), /more than the 300000 bytes/],
    [
      'other bytes of the right length',
      answering(200, {}, new Uint8Array(300_000)),
      /SHA-256 [0-9a-f]{64}, but [0-9a-f]{64} was announced/,
    ],
    ['too few bytes', answering(200, {}, new Uint8Array(10)), /broke 2 times at 10 bytes/],
  ])('%s', async (_, fault, message) => {
    await serve();
    const store = createMemoryStore();
    weights().fault = fault;
    const failing = download({ store, attempts: 2 });
    await expect(failing).rejects.toThrow(DownloadError);
    await expect(failing).rejects.toThrow(message);
    const key = `${hubFolder(model)}/model.safetensors`;
    expect(await store.open(key)).toBeUndefined();
  });

  it('checks the hash that the server sends with the file', async () => {
    await serve();
    hub!.listed = false;
    weights().headers = { 'x-linked-etag': `"${'0'.repeat(64)}"` };
    await expect(download()).rejects.toThrow(/but 0{64} was announced/);
    weights().headers = { 'x-linked-etag': `"${expectedHash}"` };
    expect(await weightsOf(await download())).toBe(expectedHash);
  });

  it('notices that a server announces more than it has', async () => {
    await serve();
    hub!.listed = false;
    weights().fault = (_, response, content) => {
      response.writeHead(200, { 'content-length': content.length + 100 });
      response.write(content, () => setImmediate(() => response.destroy()));
    };
    await expect(download({ attempts: 2 })).rejects.toThrow(DownloadError);
  });
});

describe('a hostile server', () => {
  const endless = (piece: Uint8Array<ArrayBuffer>) =>
    new Response(new ReadableStream({ pull: (out) => out.enqueue(piece) }));
  const answeredBy =
    (answer: (url: string) => Response | undefined): typeof fetch =>
    (url, init) => {
      const given = answer(url instanceof Request ? url.url : url.toString());
      return given ? Promise.resolve(given) : fetch(url, init);
    };

  it('sends a text without end and without a length', async () => {
    (await serve()).listed = false;
    const piece = new Uint8Array(8_000_000).fill(32);
    const hostile = answeredBy((url) => (url.endsWith('config.json') ? endless(piece) : undefined));
    await expect(download({ fetch: hostile })).rejects.toThrow(
      /config\.json: more than 200000000 bytes have arrived, the most that is taken where no length/,
    );
  });

  it('sends a list without end', async () => {
    await serve();
    const piece = new Uint8Array(1_000_000).fill(32);
    const hostile = answeredBy((url) => (url.includes('/api/') ? endless(piece) : undefined));
    await expect(download({ fetch: hostile })).rejects.toThrow(/list of files has at most/);
  });

  it('has the file begun anew for ever', async () => {
    await serve();
    let answers = 0;
    weights().fault = (request, response, content) => {
      answers++;
      if (request.headers.range === undefined) cutAfter(100_000)(request, response, content);
      else response.writeHead(206, { 'content-range': `bytes 7-9/${content.length}` }).end('abc');
    };
    await expect(download({ attempts: 3 })).rejects.toThrow(/broke 3 times/);
    expect(answers).toBeLessThan(8);
  });

  it('redirects in a circle', async () => {
    await serve();
    weights().fault = (request, response) =>
      void response.writeHead(302, { location: request.url }).end();
    await expect(download({ attempts: 2 })).rejects.toThrow(/redirect count exceeded/);
  });

  it.each(['headers', 'the body'])('falls silent before %s', async (place) => {
    await serve();
    weights().fault = (_, response, content) => {
      if (place === 'headers') return;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 50_000));
    };
    await expect(download({ attempts: 2, silence: 50 })).rejects.toThrow(
      /the server sent nothing for 0\.05 s/,
    );
  });

  it('names parts outside of the model', async () => {
    await serve({
      'config.json': '{}',
      'tokenizer.json': '{}',
      'model.safetensors.index.json': JSON.stringify({ weight_map: { a: '../evil.safetensors' } }),
    });
    await expect(download()).rejects.toThrow(/\.\.\/evil\.safetensors/);
  });

  it('lists other texts than it sends', async () => {
    await serve();
    const listing = [
      { type: 'file', path: 'config.json', size: 22, oid: '0'.repeat(40) },
      { type: 'file', path: 'model.safetensors', size: WEIGHTS.length },
    ];
    const hostile = answeredBy((url) =>
      url.includes('/api/') ? Response.json(listing) : undefined,
    );
    await expect(download({ fetch: hostile })).rejects.toThrow(
      /config\.json: the file arrived with Git id [0-9a-f]{40}, but 0{40} was announced/,
    );
  });
});

describe('the store', () => {
  it('answers a second time without the server', async () => {
    await serve();
    const store = createOpfsStore(fakeRoot(createDisk()));
    await download({ store });
    const { url } = hub!;
    await hub!.close();
    hub = undefined;
    const again = await downloadHubModel(model, { store, baseUrl: url });
    expect(await weightsOf(again)).toBe(expectedHash);
    expect(await openStoredModel(store, hubFolder(model))).toMatchObject({
      id: 'hub/owner/name@main',
    });
  });

  it('is listed and deleted by model', async () => {
    await serve();
    const store: FileStore = createOpfsStore(fakeRoot(createDisk()));
    await download({ store });
    const [listed] = await listStoredModels(store);
    expect(listed).toMatchObject({ folder: 'hub/owner/name@main', complete: true });
    expect(listed!.bytes).toBeGreaterThan(WEIGHTS.length);
    await store.remove(listed!.folder);
    expect(await listStoredModels(store)).toEqual([]);
  });

  it('does not trust a file that the server has changed since', async () => {
    await serve();
    const store = createMemoryStore();
    const part = await store.part(`${hubFolder(model)}/model.safetensors`);
    await part.append(new Uint8Array(WEIGHTS.length));
    await part.finish('1'.repeat(64));
    expect(await weightsOf(await download({ store }))).toBe(expectedHash);
  });

  it('runs full: the download goes on in memory and says so', async () => {
    await serve();
    const disk = createDisk({ room: 150_000 });
    const store = createOpfsStore(fakeRoot(disk));
    const notices: string[] = [];
    const files = await download({ store, onNotice: ({ text }) => notices.push(text) });
    expect(await weightsOf(files)).toBe(expectedHash);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/no room left[\s\S]*stays in memory/);
    expect(weightRequests().at(-1)).toMatch(/^bytes=[1-9]/);
    expect(disk.open).toBe(0);
    expect(await store.open(`${hubFolder(model)}/model.safetensors`)).toBeUndefined();
  });
});

describe('parseHubId', () => {
  it.each([
    ['owner/name', 'owner/name', 'main'],
    [' owner/na.me-2_x@v1.0 ', 'owner/na.me-2_x', 'v1.0'],
    ['owner/name@refs/pr/3', 'owner/name', 'refs/pr/3'],
    ['https://example.org/owner/name/', 'owner/name', 'main'],
    ['https://example.org/owner/name/tree/dev', 'owner/name', 'dev'],
  ])('%s', (text, id, revision) => {
    expect(parseHubId(text)).toEqual({ id, revision });
  });

  it.each(['', 'name', '../name', 'owner/..', 'a/b/c', 'a b/c', 'owner/name@'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseHubId(text)).toThrow(DownloadError);
    },
  );

  it('makes a folder of which no part can climb', () => {
    expect(hubFolder({ id: 'o/n', revision: 'refs/pr/3' })).toBe('hub/o/n@refs%2Fpr%2F3');
  });
});

describe('fetchEmbeddedModel', () => {
  const files = { 'config.json': '{}', 'tokenizer.json': '{}', 'model.safetensors': WEIGHTS };
  const base = () => `${hub!.url}/owner/name/resolve`;

  it('fetches what is there', async () => {
    await serve(files);
    const { id, files: found } = await fetchEmbeddedModel('main', base());
    expect(id).toBe('main');
    expect([...found.keys()].sort()).toEqual(Object.keys(files).sort());
  });

  it('names what is missing', async () => {
    await serve({ 'config.json': '{}' });
    await expect(fetchEmbeddedModel('main', base())).rejects.toThrow(
      /tokenizer\.json: the server has no such file/,
    );
  });
});
