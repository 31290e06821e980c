/** Where a command writes: made, tried with a file, and nobody else's until the command ends. */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataError, StorageError } from '../errors.ts';
import { notice } from '../notices.ts';
import { takeLock, type LockHolder } from '../storage/lock-file.ts';
import { makeFolder } from '../storage/make-folder.ts';
import { printNotices } from './print-notices.ts';
import { systemProblem } from './system-error.ts';

/** In a folder that a command writes to. */
const LOCK_FILE = 'idiolect.lock';

/**
 * Makes the folder and takes it until the process ends; before anything that takes long.
 * @throws StorageError when it cannot be written, or when another process has it
 */
export async function takeFolder(folder: string): Promise<void> {
  await take(folder, folder, join(folder, LOCK_FILE));
}

/** The same for one file and the folder it goes to. */
export async function takeFile(path: string): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new DataError(`${path} is a folder, and a file is needed. Name a file in it.`);
  }
  await take(path, dirname(path), `${path}.lock`);
}

async function take(name: string, folder: string, lockPath: string): Promise<void> {
  const leftBehind = (path: string, holder: LockHolder) => {
    const text = `${name} was in use by ${processText(holder)}, which was killed; its lock is taken over.`;
    printNotices([notice('info', text, [path])]);
  };
  let taken: Awaited<ReturnType<typeof takeLock>>;
  try {
    await makeFolder(folder);
    taken = await takeLock(lockPath, { leftBehind });
  } catch (cause) {
    throw cannotWrite(name, cause);
  }
  if ('lock' in taken) return;
  const { holder } = taken;
  throw new StorageError(`${name} is in use by ${processText(holder)}.`, [
    'Wait until it has ended, or choose another --out.',
    `If that process is gone, delete ${lockPath}.`,
  ]);
}

/** Any error of writing there, in words. */
export function cannotWrite(
  name: string,
  cause: unknown,
  more: readonly string[] = [],
): StorageError {
  const reason = systemProblem(cause) ?? String(cause);
  return new StorageError(`${name} cannot be written.`, [reason, ...more], { cause });
}

function processText(holder: LockHolder | undefined): string {
  if (!holder) return 'another process';
  const { pid, host, since, command } = holder;
  const time = since.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  return `process ${pid} on ${host} since ${time} (${command})`;
}
