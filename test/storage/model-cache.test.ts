/** What was downloaded, shared by tabs and processes, and what is left of it after accidents. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DownloadError, StoppedError } from '../../src/errors.ts';
import { createDiskStore } from '../../src/storage/disk-store.ts';
import type { FileStore } from '../../src/storage/file-store.ts';
import { hashOf } from '../../src/storage/hash-file.ts';
import { downloadHubModel, hubFolder, type HubOptions } from '../../src/storage/hub.ts';
import { createOpfsStore } from '../../src/storage/opfs-store.ts';
import { soleOwners } from '../../src/storage/owner.ts';
import { listStoredModels } from '../../src/storage/stored-model.ts';
import { createDisk, fakeRoot } from './fake-opfs.ts';
import { startHub, type HubServer } from './hub-server.ts';

const WEIGHTS = new Uint8Array(300_000).map((_, i) => (i * 7919) % 251);
const MODEL = {
  'config.json': '{"model_type":"llama"}',
  'tokenizer.json': '{"model":{}}',
  'model.safetensors': WEIGHTS,
};
const model = { id: 'owner/name', revision: 'main' };
const weightsKey = `${hubFolder(model)}/model.safetensors`;
const expectedHash = createHash('sha256').update(WEIGHTS).digest('hex');

/** One place in which files are kept, and what opens it as another tab or process would. */
interface Place {
  open(): FileStore;
  /** Changes a byte behind the store's back, or the length. */
  spoil(key: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void>;
}

function folderPlace(): Place {
  const root = mkdtempSync(join(tmpdir(), 'idiolect-cache-'));
  return {
    open: () => createDiskStore(root),
    spoil: (key, change) => {
      const path = join(root, key);
      writeFileSync(path, change(readFileSync(path)));
      return Promise.resolve();
    },
  };
}

function tabPlace(synchronous: boolean): Place {
  const root = fakeRoot(createDisk({ synchronous }));
  const owners = soleOwners();
  return {
    open: () => ({ ...createOpfsStore(root), owners }),
    async spoil(key, change) {
      const names = key.split('/');
      let folder = root;
      for (const name of names.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
      const file = (await folder.getFileHandle(names.at(-1)!)) as unknown as {
        content: Uint8Array;
      };
      file.content = change(file.content);
    },
  };
}

let hub: HubServer;
beforeEach(async () => {
  hub = await startHub(MODEL);
});
afterEach(() => hub.close());

const weightRequests = () => hub.requests.filter(({ file }) => file === 'model.safetensors');

async function download(store: FileStore, options: Partial<HubOptions> = {}) {
  const notices: string[] = [];
  const { files } = await downloadHubModel(model, {
    store,
    baseUrl: hub.url,
    wait: () => Promise.resolve(),
    onNotice: ({ text }) => notices.push(text),
    ...options,
  });
  return { hash: await hashOf(files.get('model.safetensors')!), notices };
}

describe.each<[string, () => Place]>([
  ['a folder', folderPlace],
  ['OPFS in a worker', () => tabPlace(true)],
  ['OPFS on a page', () => tabPlace(false)],
])('models in %s', (kind, create) => {
  it('are downloaded once by two at a time; the second says that it waits', async () => {
    const place = create();
    const [first, second] = await Promise.all([download(place.open()), download(place.open())]);
    expect([first.hash, second.hash]).toEqual([expectedHash, expectedHash]);
    expect(weightRequests()).toHaveLength(1);
    const others = kind === 'a folder' ? 'process' : 'tab';
    expect([...first.notices, ...second.notices]).toEqual([
      `Another ${others} is downloading owner/name. Waiting for it.`,
    ]);
  });

  it('can be given up while another downloads them', async () => {
    const place = create();
    const store = place.open();
    let through: (() => void) | undefined;
    let owned: Promise<unknown> | undefined;
    await new Promise<void>((taken) => {
      owned = store.owners.alone('model/hub/owner/name@main', () => {
        taken();
        return new Promise<void>((resolve) => (through = resolve));
      });
    });
    const stop = new AbortController();
    const waiting = download(place.open(), {
      signal: stop.signal,
      onNotice: () => stop.abort(),
    });
    await expect(waiting).rejects.toThrow(StoppedError);
    through!();
    await owned;
    expect(hub.requests).toEqual([]);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['one flipped bit', (bytes) => bytes.map((byte, i) => (i === 77_777 ? byte ^ 4 : byte))],
    ['a byte too few', (bytes) => bytes.subarray(1)],
  ])('with %s are fetched again, with a notice', async (_, change) => {
    const place = create();
    await download(place.open());
    await place.spoil(weightsKey, change);
    const again = await download(place.open());
    expect(again.hash).toBe(expectedHash);
    expect(again.notices).toHaveLength(1);
    expect(again.notices[0]).toMatch(
      /model\.safetensors.*(is damaged|has not the length).*fetched again/,
    );
    expect(weightRequests()).toHaveLength(2);
    expect((await download(place.open())).notices).toEqual([]);
  });

  it('say what to delete when a damaged file cannot be had again', async () => {
    const place = create();
    await download(place.open());
    await place.spoil(weightsKey, (bytes) => bytes.fill(1, 0, 1));
    const { url } = hub;
    await hub.close();
    const failing = download(place.open(), { baseUrl: url, attempts: 1 });
    await expect(failing).rejects.toThrow(DownloadError);
    await expect(failing).rejects.toThrow(
      /owner\/name: what is stored of it is damaged.*delete .*owner\/name@main[\s\S]*model\.safetensors.* is damaged: it was stored with SHA-256[\s\S]*within reach/,
    );
    hub = await startHub(MODEL);
  });

  it('are read through once while a store is open', async () => {
    const store = create().open();
    await download(store);
    let opened = 0;
    const counting: FileStore = {
      ...store,
      open: async (key) => {
        const file = await store.open(key);
        return file && { ...file, read: (...range) => (opened++, file.read(...range)) };
      },
    };
    const reads = async () => {
      opened = 0;
      await downloadHubModel(model, { store: counting, baseUrl: hub.url });
      return opened;
    };
    const first = await reads();
    expect(first).toBeGreaterThan(3);
    // What tells that the model is whole.
    expect(await reads()).toBe(1);
  });

  it('are not mixed from two versions', async () => {
    const place = create();
    await download(place.open());
    const config = '{"model_type":"other"}';
    hub.files.get('config.json')!.content = new TextEncoder().encode(config);
    await place.spoil(weightsKey, (bytes) => bytes.fill(1, 0, 1));
    const { files } = await downloadHubModel(model, { store: place.open(), baseUrl: hub.url });
    expect(new TextDecoder().decode(await files.get('config.json')!.read(0, 22))).toBe(config);
  });

  it('go on from what a killed download has left for certain', async () => {
    const place = create();
    const part = await place.open().part('m/w');
    await part.restart('v1');
    const piece = new Uint8Array(5_000_000);
    for (let i = 0; i < 3; i++) await part.append(piece);
    // Nothing closes the part: its process is gone.
    const left = await place.open().part('m/w');
    expect(left.tag).toBe('v1');
    expect(left.size).toBe(kind === 'OPFS on a page' ? 0 : 10_000_000);
    await left.append(new Uint8Array([1, 2, 3]));
    expect((await left.source()).size).toBe(left.size);
    await part.close();
  });
});

describe('files that older versions stored', () => {
  it('are opened as they are', async () => {
    const root = mkdtempSync(join(tmpdir(), 'idiolect-cache-'));
    await download(createDiskStore(root));
    const folder = join(root, hubFolder(model));
    for (const name of Object.keys(MODEL)) {
      const path = join(folder, `${name}.note.json`);
      const { tag, sha256 } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
      writeFileSync(path, JSON.stringify({ tag, sha256 }));
    }
    const complete = JSON.stringify({ files: Object.keys(MODEL) });
    writeFileSync(join(folder, 'idiolect-complete.json'), complete);
    const sha256 = createHash('sha256').update(complete).digest('hex');
    writeFileSync(
      join(folder, 'idiolect-complete.json.note.json'),
      JSON.stringify({ tag: '', sha256 }),
    );
    hub.requests.length = 0;
    expect(await download(createDiskStore(root))).toEqual({ hash: expectedHash, notices: [] });
    expect(hub.requests).toEqual([]);
    expect(await listStoredModels(createDiskStore(root))).toMatchObject([{ complete: true }]);
  });
});
