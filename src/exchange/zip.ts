/** Several files as one zip, and a zip as the files in it. */
import { DataError } from '../errors.ts';

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
 * @throws DataError for a zip that cannot be read
 */
export async function unzipFiles(files: readonly File[]): Promise<File[]> {
  const found = await Promise.all(
    files.map(async (file) => {
      if (!file.name.endsWith('.zip')) return [file];
      const { unzipSync } = await import('fflate');
      try {
        const inside = unzipSync(new Uint8Array(await file.arrayBuffer()));
        return Object.entries(inside)
          .filter(([path]) => !path.endsWith('/'))
          .map(([path, bytes]) => {
            const name = path.slice(path.lastIndexOf('/') + 1);
            return new File([bytes], name);
          });
      } catch (cause) {
        throw new DataError(`${file.name} is no zip that can be read.`, [], { cause });
      }
    }),
  );
  return found.flat();
}
