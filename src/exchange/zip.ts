/** Several files as one zip, and a zip as the files in it. */
import { DataError } from '../errors.ts';
import { refuseBeyond } from '../limits.ts';

export interface FileInZip {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Stored without compression: weights do not get smaller. */
export async function zipFiles(files: readonly FileInZip[]): Promise<Uint8Array<ArrayBuffer>> {
  const { zipSync } = await import('fflate');
  const entries = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]));
  return zipSync(entries, { level: 0 });
}

/**
 * The files themselves, each zip replaced by what is in it, without folders.
 * @throws DataError for a zip that cannot be read, or holds too much
 */
export async function unzipFiles(files: readonly File[]): Promise<File[]> {
  const found = await Promise.all(
    files.map(async (file) => {
      if (!file.name.endsWith('.zip')) return [file];
      const { unzipSync } = await import('fflate');
      refuseBeyond(file.name, 'unpackedBytes', file.size);
      const paths = new Set<string>();
      let bytes = 0;
      try {
        const inside = unzipSync(new Uint8Array(await file.arrayBuffer()), {
          // Called for each file before it is unpacked.
          filter: ({ name, originalSize }) => {
            refuseLost(file.name, name, paths);
            refuseBeyond(file.name, 'zipFiles', paths.add(name).size);
            refuseBeyond(file.name, 'unpackedBytes', (bytes += originalSize));
            return true;
          },
        });
        return Object.entries(inside)
          .filter(([path]) => !path.endsWith('/'))
          .map(([path, bytes]) => {
            const name = path.slice(path.lastIndexOf('/') + 1);
            return new File([bytes], name);
          });
      } catch (cause) {
        if (cause instanceof DataError) throw cause;
        throw new DataError(`${file.name} is no zip that can be read.`, [], { cause });
      }
    }),
  );
  return found.flat();
}

/** The library keeps one file of each path, and none that JavaScript takes for something else. */
function refuseLost(zip: string, path: string, before: ReadonlySet<string>): void {
  if (before.has(path)) throw new DataError(`${zip} holds two files at ${path}.`);
  if (path === '__proto__') {
    throw new DataError(`${zip} holds a file named ${path}, which cannot be read. Rename it.`);
  }
}
