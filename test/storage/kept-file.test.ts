import { describe, expect, it } from 'vitest';
import { StorageError } from '../../src/errors.ts';
import { memoryFolder, type Folder } from '../../src/storage/folder.ts';
import { KeptFile } from '../../src/storage/kept-file.ts';
import { soleOwners } from '../../src/storage/owner.ts';
import { refusal } from '../../src/storage/refusal.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const keptIn = (folder: Folder) => new KeptFile(folder, 'log', soleOwners());

async function textOf(folder: Folder): Promise<string | undefined> {
  const kept = await keptIn(folder).read();
  return kept && new TextDecoder().decode(kept.content);
}

async function written(...texts: string[]): Promise<Folder> {
  const folder = memoryFolder('runs/r1');
  const file = keptIn(folder);
  for (const text of texts) await file.write(bytesOf(text));
  return folder;
}

describe('a kept file', () => {
  it('gives what was written last, here and after a restart', async () => {
    expect(await textOf(memoryFolder())).toBeUndefined();
    const folder = await written('one', 'two', 'three', '');
    expect(await keptIn(folder).read()).toEqual({ content: bytesOf(''), notice: undefined });
    await keptIn(folder).write(bytesOf('five'));
    expect(await textOf(folder)).toBe('five');
    expect((await folder.files()).map(({ name }) => name).sort()).toEqual(['log.1', 'log.2']);
  });

  it('refuses every flipped bit: the copy before, with a notice, or an error that says what to delete', async () => {
    for (const [texts, before] of [
      [['one', 'two'], 'one'],
      [['only'], undefined],
    ] as const) {
      const folder = await written(...texts);
      const newest = texts.length === 2 ? 'log.2' : 'log.1';
      const good = (await folder.read(newest))!;
      let refused = 0;
      for (let bit = 0; bit < good.length * 8; bit++) {
        const bad = good.slice();
        bad[bit >> 3]! ^= 1 << (bit & 7);
        await folder.write(newest, [bad]);
        const reading = keptIn(folder).read();
        if (before === undefined) {
          await expect(reading).rejects.toThrow(
            /runs\/r1\/log is damaged.*Delete "r1" under Storage/,
          );
          await expect(reading).rejects.toThrow(StorageError);
        } else {
          const kept = (await reading)!;
          expect(new TextDecoder().decode(kept.content)).toBe(before);
          expect(kept.notice).toMatchObject({ kind: 'doubtful', places: ['runs/r1/log'] });
        }
        refused++;
      }
      expect(refused).toBeGreaterThan(96 * 8);
    }
  });

  it('refuses a slot cut off at any length', async () => {
    const folder = await written('one', 'two');
    const good = (await folder.read('log.2'))!;
    for (let length = 1; length < good.length; length++) {
      await folder.write('log.2', [good.subarray(0, length)]);
      expect(await textOf(folder)).toBe('one');
    }
  });

  it('writes over the damaged copy, never over the good one', async () => {
    const folder = await written('one', 'two');
    const good = (await folder.read('log.1'))!;
    await folder.write('log.2', [bytesOf('noise')]);
    await keptIn(folder).write(bytesOf('three'));
    expect(await folder.read('log.1')).toEqual(good);
    expect(await textOf(folder)).toBe('three');
  });

  it('says nothing of an older copy that is damaged', async () => {
    const folder = await written('one', 'two');
    const bad = (await folder.read('log.1'))!;
    bad[bad.length - 1]! ^= 1;
    await folder.write('log.1', [bad]);
    expect((await keptIn(folder).read())!.notice).toBeUndefined();
  });

  it('does not fall back on an older copy because the newest could not be read just now', async () => {
    const folder = await written('one', 'two');
    const failing: Folder = {
      ...folder,
      read: (name, length) =>
        name === 'log.2'
          ? Promise.reject(refusal('log.2', 'read', new DOMException('', 'NotReadableError')))
          : folder.read(name, length),
    };
    await expect(keptIn(failing).read()).rejects.toThrow('The disk did not give it');
    await expect(keptIn(failing).write(bytesOf('three'))).rejects.toThrow(StorageError);
    expect(await textOf(folder)).toBe('two');
  });

  it('sees what another tab wrote meanwhile', async () => {
    const folder = await written('one');
    const here = keptIn(folder);
    await here.write(bytesOf('two'));
    const there = keptIn(folder);
    await there.write(bytesOf('three'));
    await there.write(bytesOf('four'));
    await here.write(bytesOf('five'));
    expect(await textOf(folder)).toBe('five');
  });

  it('writes in the order of the calls', async () => {
    const folder = memoryFolder();
    const file = keptIn(folder);
    await Promise.all(['one', 'two', 'three'].map((text) => file.write(bytesOf(text))));
    expect(await textOf(folder)).toBe('three');
  });
});

describe('files of the version without checksums', () => {
  const earlier = async (marker: string | undefined): Promise<Folder> => {
    const folder = memoryFolder('runs/r1');
    await folder.write('log.a', [bytesOf('old')]);
    await folder.write('log.b', [bytesOf('newer')]);
    if (marker !== undefined) await folder.write('log.current', [bytesOf(marker)]);
    return folder;
  };

  it('are read, and go once two checked copies are there', async () => {
    const folder = await earlier('b');
    expect(await textOf(folder)).toBe('newer');
    await keptIn(folder).write(bytesOf('three'));
    expect(await textOf(folder)).toBe('three');
    expect(await folder.files()).toHaveLength(4);
    await keptIn(folder).write(bytesOf('four'));
    expect((await folder.files()).map(({ name }) => name).sort()).toEqual(['log.1', 'log.2']);
  });

  it('are used when the first checked copy was cut off', async () => {
    const folder = await earlier('a');
    await folder.write('log.1', [bytesOf('idiolect')]);
    const kept = (await keptIn(folder).read())!;
    expect(new TextDecoder().decode(kept.content)).toBe('old');
    expect(kept.notice).toBeDefined();
  });

  it.each([undefined, '', 'c'])(
    'are an error with the marker %o, never nothing',
    async (marker) => {
      await expect(textOf(await earlier(marker))).rejects.toThrow('runs/r1/log is damaged');
    },
  );
});
