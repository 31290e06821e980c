import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskNotes } from '../../src/storage/disk-notes.ts';

describe('notes on disk', () => {
  it('are kept under any key, and replaced whole', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'notes-')), 'made/when/needed');
    const key = 'a|../b c/ü';
    expect(await diskNotes(folder).read(key)).toBeUndefined();
    await diskNotes(folder).write(key, 'one');
    await diskNotes(folder).write(key, 'two');
    expect(await diskNotes(folder).read(key)).toBe('two');
    expect(await diskNotes(folder).read('a')).toBeUndefined();
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('say why they cannot be written', async () => {
    const { pathname } = new URL(import.meta.url);
    await expect(diskNotes(pathname).write('key', 'text')).rejects.toThrow();
  });
});
