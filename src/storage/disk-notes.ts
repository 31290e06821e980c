/** Short texts by key, a file each, in a folder on disk; only Node imports this file. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noteName, type Notes } from './notes.ts';

/** The folder is made with the first note. Both calls reject with what the file system says. */
export function diskNotes(folder: string): Notes {
  return {
    async read(key) {
      try {
        return await readFile(join(folder, noteName(key)), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async write(key, text) {
      await mkdir(folder, { recursive: true });
      const path = join(folder, noteName(key));
      // Under another name first, so that the note is whole or not there.
      await writeFile(`${path}.${process.pid}`, text);
      await rename(`${path}.${process.pid}`, path);
    },
  };
}
