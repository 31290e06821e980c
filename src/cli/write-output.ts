/** Writing what took long to compute: if not where it belongs, then where there is room. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../storage/make-folder.ts';
import { cannotWrite } from './output-folder.ts';
import { writeDurably } from '../storage/durable.ts';

/**
 * Writes files whole, each or all of them into the folder for temporary files when one is refused.
 * A folder that was deleted meanwhile is made again.
 * @throws StorageError that says why and where they are instead
 */
export async function writeOutput(
  files: readonly { path: string; bytes: Uint8Array | string }[],
): Promise<void> {
  try {
    for (const { path, bytes } of files) {
      await makeFolder(dirname(path));
      await writeDurably(path, bytes);
    }
  } catch (cause) {
    const names = files.map(({ path }) => path).join(', ');
    throw cannotWrite(names, cause, [await kept(files)]);
  }
}

async function kept(files: readonly { path: string; bytes: Uint8Array | string }[]) {
  try {
    const folder = await mkdtemp(join(tmpdir(), 'idiolect-'));
    for (const { path, bytes } of files) await writeDurably(join(folder, basename(path)), bytes);
    return `What was computed is in ${folder} instead.`;
  } catch {
    return 'The folder for temporary files cannot be written either: what was computed is lost.';
  }
}
