import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StorageError } from '../../src/errors.ts';
import { bytesSource } from '../../src/storage/byte-source.ts';
import { createDiskStore } from '../../src/storage/disk-store.ts';
import { copyPart, createMemoryStore, type FileStore } from '../../src/storage/file-store.ts';
import { gitBlobId, hashOf } from '../../src/storage/hash-file.ts';
import { createOpfsStore, openStore } from '../../src/storage/opfs-store.ts';
import { Sha256 } from '../../src/storage/sha256.ts';
import { createDisk, fakeRoot } from './fake-opfs.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

async function textOf(store: FileStore, key: string): Promise<string | undefined> {
  const file = await store.open(key);
  return file && new TextDecoder().decode(await file.read(0, file.size));
}

async function save(store: FileStore, key: string, text: string): Promise<void> {
  const part = await store.part(key);
  await part.restart('v1');
  await part.append(bytesOf(text));
  await part.finish('abc');
  await part.close();
}

describe('Sha256', () => {
  it('agrees with Node for all lengths around a block, in any pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(150)), (bytes, cuts) => {
        const hash = new Sha256();
        let from = 0;
        for (const cut of cuts) {
          hash.update(bytes.subarray(from, from + cut));
          from = Math.min(bytes.length, from + cut);
        }
        const expected = createHash('sha256').update(bytes).digest('hex');
        expect(hash.update(bytes.subarray(from)).hex()).toBe(expected);
      }),
    );
  });

  it('knows the published digests', () => {
    expect(new Sha256().hex()).toMatch(/^e3b0c44298fc1c149afbf4c8996fb924/);
    expect(new Sha256().update(bytesOf('abc')).hex()).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('hashes files at once or in pieces and tells how far it is', async () => {
    const bytes = new Uint8Array(20 * 1024 * 1024).map((_, i) => i % 251);
    const expected = createHash('sha256').update(bytes).digest('hex');
    const heard: number[] = [];
    const hear = (done: number) => Promise.resolve(void heard.push(done));
    expect(await hashOf(bytesSource('x', bytes), hear)).toBe(expected);
    expect(await hashOf(bytesSource('x', bytes), hear, () => new Sha256())).toBe(expected);
    const piece = 8 * 1024 * 1024;
    expect(heard).toEqual([bytes.length, piece, 2 * piece, bytes.length]);
  });

  it('knows the ids under which Git keeps files', async () => {
    expect(await gitBlobId(bytesSource('x', bytesOf('hello\n')))).toBe(
      'ce013625030ba8dba906f756967f9e9ca394464a',
    );
  });
});

const stores: [string, () => FileStore][] = [
  ['memory', createMemoryStore],
  ['a folder', () => createDiskStore(mkdtempSync(join(tmpdir(), 'idiolect-store-')))],
  ['OPFS in a worker', () => createOpfsStore(fakeRoot(createDisk()))],
  ['OPFS on a page', () => createOpfsStore(fakeRoot(createDisk({ synchronous: false })))],
];

describe.each(stores)('a store in %s', (_, create) => {
  it('keeps a finished file with its hash', async () => {
    const store = create();
    await save(store, 'hub/a/b@main/config.json', 'hello');
    expect(await textOf(store, 'hub/a/b@main/config.json')).toBe('hello');
    expect(await store.sha256('hub/a/b@main/config.json')).toBe('abc');
    expect(await store.open('hub/a/b@main/other.json')).toBeUndefined();
    expect(await store.open('no/such/folder')).toBeUndefined();
  });

  it('hides a partial file and continues it', async () => {
    const store = create();
    const first = await store.part('m/weights');
    await first.restart('v1');
    await first.append(bytesOf('one '));
    await first.append(bytesOf('two '));
    await first.close();
    expect(await store.open('m/weights')).toBeUndefined();
    expect(await store.list()).toEqual([{ key: 'm/weights', size: 8, sha256: undefined }]);

    const again = await store.part('m/weights');
    expect(again).toMatchObject({ size: 8, tag: 'v1' });
    await again.append(bytesOf('three'));
    expect((await again.source()).size).toBe(13);
    await again.finish('h');
    await again.close();
    expect(await textOf(store, 'm/weights')).toBe('one two three');
  });

  it('begins anew after a restart, and over a finished file', async () => {
    const store = create();
    const part = await store.part('m/weights');
    await part.restart('v1');
    await part.append(bytesOf('a long old text'));
    await part.restart('v2');
    expect(part).toMatchObject({ size: 0, tag: 'v2' });
    await part.append(bytesOf('new'));
    await part.finish('h');
    await part.close();
    expect(await textOf(store, 'm/weights')).toBe('new');

    const over = await store.part('m/weights');
    expect(over.size).toBe(0);
    await over.close();
    expect(await store.open('m/weights')).toBeUndefined();
  });

  it('lists sorted and removes files and folders', async () => {
    const store = create();
    for (const key of ['m/b', 'm/a', 'n/a', 'm/sub/c']) await save(store, key, key);
    expect((await store.list()).map(({ key }) => key)).toEqual(['m/a', 'm/b', 'm/sub/c', 'n/a']);
    expect(await store.list('n/')).toEqual([{ key: 'n/a', size: 3, sha256: 'abc' }]);
    await store.remove('m/a');
    expect((await store.list()).map(({ key }) => key)).toEqual(['m/b', 'm/sub/c', 'n/a']);
    await store.remove('m');
    expect((await store.list()).map(({ key }) => key)).toEqual(['n/a']);
    await store.remove('not/there');
  });

  it('reads any range of a file that came in pieces', async () => {
    const store = create();
    const part = await store.part('x');
    for (const chunk of ['abc', '', 'd', 'efgh']) await part.append(bytesOf(chunk));
    const file = await part.source();
    for (let from = 0; from <= 8; from++) {
      for (let to = from; to <= 8; to++) {
        const text = new TextDecoder().decode(await file.read(from, to - from));
        expect(text).toBe('abcdefgh'.slice(from, to));
      }
    }
    await expect(file.read(7, 2)).rejects.toThrow(/2 bytes from byte 7/);
  });

  it.each(['', '../x', 'a//b', 'a/./b', 'a\\b'])('refuses the name "%s"', async (key) => {
    await expect(
      create()
        .part(key)
        .then(() => 'made'),
    ).rejects.toThrow(StorageError);
  });
});

describe('copyPart', () => {
  it('carries what was received to another store', async () => {
    const from = createOpfsStore(fakeRoot(createDisk()));
    const part = await from.part('m/w');
    await part.restart('v7');
    await part.append(bytesOf('half'));
    await part.close();
    const to = createMemoryStore();
    await copyPart('m/w', from, to);
    expect(await to.part('m/w')).toMatchObject({ size: 4, tag: 'v7' });
  });
});

describe('a refusing browser', () => {
  it('says that there is no room left', async () => {
    const disk = createDisk({ room: 100 });
    const store = createOpfsStore(fakeRoot(disk));
    const part = await store.part('m/w');
    await part.restart('v1');
    await expect(part.append(new Uint8Array(200))).rejects.toThrow(/no room left/);
    expect(part.size).toBe(0);
    await part.close();
    expect(disk.open).toBe(0);
  });

  it('leads to memory with a notice', async () => {
    const refusing = () => Promise.reject(new DOMException('denied', 'SecurityError'));
    const { store, notice } = await openStore(refusing);
    expect(store.kind).toBe('memory');
    expect(notice?.text).toMatch(/does not let this page keep files\. .*in memory/);
    const open = await openStore(() => Promise.resolve(fakeRoot(createDisk())));
    expect(open).toMatchObject({ store: { kind: 'opfs' }, notice: undefined });
  });

  it('survives notes that were cut off', async () => {
    const root = fakeRoot(createDisk());
    const store = createOpfsStore(root);
    await save(store, 'config.json', 'hello');
    const note = await (await root.getFileHandle('config.json.sha256')).createWritable();
    await note.write('{"si');
    await note.close();
    expect(await store.open('config.json')).toBeUndefined();
    expect((await store.part('config.json')).size).toBe(0);
  });
});
