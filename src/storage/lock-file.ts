/**
 * One owner per name among processes, by lock files; only Node imports this file.
 *
 * A lock file says who made it and appears whole, by a hard link, which fails where there is one
 * already. What a killed process left is recognized by its process and replaced. Only whoever holds
 * the lock on that very replacement (a lock file named after the one that is replaced) may do so,
 * and looks again first: of many processes that find the same leftover, one gets the name.
 */
import { randomUUID } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { link, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { checkKey } from './file-store.ts';
import { makeFolder } from './make-folder.ts';
import { ELSEWHERE, type Owners } from './owner.ts';
import { hasEnded, processIdentity } from './process-identity.ts';

/** Who holds a lock, as its file says. */
export interface LockHolder {
  pid: number;
  host: string;
  /** Tells the process from a later one with the same number; null where the system does not say. */
  identity: string | null;
  /** When the lock was taken, ISO 8601. */
  since: string;
  command: string;
  /** Of this lock alone. */
  token: string;
}

export interface LockFile {
  /** Removes the file; a second call does nothing. */
  release(): Promise<void>;
}

export interface TakingSettings {
  /** Hears of a lock that an ended process left and that is taken over now. */
  leftBehind?: (path: string, holder: LockHolder) => void;
}

const ENDING = '.lock';
/** What follows a lock's name in those of its drafts and of the locks on replacing it. */
const BESIDE = /^(\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})+(\.new)?$/;
/** Between two looks at a lock that is waited for, milliseconds. */
const LOOK_AGAIN = 100;
/** A file that is not readable yet is being written: so long, milliseconds. */
const WRITING = 2000;

/**
 * Takes the lock at this path, whose folder exists.
 * @returns the lock, or who holds it; undefined for a holder whose file cannot be read
 * @throws what the file system says
 */
export async function takeLock(
  path: string,
  settings: TakingSettings = {},
): Promise<{ lock: LockFile } | { holder: LockHolder | undefined }> {
  const record: LockHolder = {
    pid: process.pid,
    host: hostname(),
    identity: await processIdentity(process.pid),
    since: new Date().toISOString(),
    command: commandLine(),
    token: randomUUID(),
  };
  const draft = `${path}.${record.token}.new`;
  await writeNew(draft, record);
  try {
    const holder = await place(path, draft, record, settings);
    if (holder !== OURS) return { holder };
  } finally {
    await remove(draft);
  }
  await clearLeftovers(path);
  return { lock: heldLock(path, record) };
}

/**
 * Who holds the lock at this path: nobody, a holder, or one whose file cannot be read.
 * A holder on this computer that has ended counts as nobody.
 */
export async function lockHolder(path: string): Promise<LockHolder | 'unreadable' | undefined> {
  const found = await readLock(path);
  return found !== undefined && found !== 'unreadable' && (await hasLeft(found))
    ? undefined
    : found;
}

/** @param folder where the lock of `model/x` is `model/x.lock`; made when the first is taken */
export function diskOwners(folder: string, settings: TakingSettings = {}): Owners {
  return {
    async alone(name, work, { wait } = { wait: false }) {
      const path = join(folder, ...checkKey(name)) + ENDING;
      await makeFolder(dirname(path));
      let taken = await takeLock(path, settings);
      while (!('lock' in taken)) {
        if (!wait) return ELSEWHERE;
        await pause(LOOK_AGAIN);
        taken = await takeLock(path, settings);
      }
      try {
        return await work();
      } finally {
        await taken.lock.release();
      }
    },
    async owned() {
      const names = new Set<string>();
      for (const path of await filesBelow(folder)) {
        if (!path.endsWith(ENDING) || (await lockHolder(path)) === undefined) continue;
        const name = relative(folder, path).slice(0, -ENDING.length);
        names.add(name.split(sep).join('/'));
      }
      return names;
    },
  };
}

const OURS = Symbol('ours');

/** Puts the draft at the path, unless somebody holds it. */
async function place(
  path: string,
  draft: string,
  record: LockHolder,
  settings: TakingSettings,
): Promise<typeof OURS | LockHolder | undefined> {
  const began = Date.now();
  for (;;) {
    if (await appears(path, draft, record)) return OURS;
    const found = await readLock(path);
    if (found === undefined) continue;
    if (found === 'unreadable') {
      if (Date.now() - began > WRITING) return undefined;
      await pause(LOOK_AGAIN);
      continue;
    }
    if (!(await hasLeft(found))) return found;
    const replacing = await takeLock(`${path}.${found.token}`);
    if (!('lock' in replacing)) {
      await pause(LOOK_AGAIN / 10);
      continue;
    }
    try {
      const still = await readLock(path);
      if (still === undefined || still === 'unreadable' || still.token !== found.token) continue;
      await rename(draft, path);
      settings.leftBehind?.(path, found);
      return OURS;
    } finally {
      await replacing.lock.release();
    }
  }
}

/** Whether the draft is at the path now: whole and at once, or, without hard links, made there. */
async function appears(path: string, draft: string, record: LockHolder): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error;
  }
  try {
    await writeNew(path, record);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** On the disk before it is linked: a lock without a holder would have to be removed by hand. */
async function writeNew(path: string, holder: LockHolder): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(`${JSON.stringify(holder, null, 1)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readLock(path: string): Promise<LockHolder | 'unreadable' | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, host, identity, since, command, token } = JSON.parse(text) as Partial<LockHolder>;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof token !== 'string') {
      return 'unreadable';
    }
    return {
      pid,
      host,
      identity: identity ?? null,
      since: since ?? '',
      command: command ?? '',
      token,
    };
  } catch {
    return 'unreadable';
  }
}

/** Of another computer nothing is known: its locks stand until they are removed. */
async function hasLeft({ host, pid, identity }: LockHolder): Promise<boolean> {
  return host === hostname() && (await hasEnded(pid, identity));
}

/**
 * Removes what killed processes left beside the lock that we hold. What they were replacing is
 * replaced, so that no such file stands for anything any more.
 */
async function clearLeftovers(path: string): Promise<void> {
  const names = await readdir(dirname(path));
  for (const name of names) {
    if (!name.startsWith(basename(path))) continue;
    if (!BESIDE.test(name.slice(basename(path).length))) continue;
    const file = join(dirname(path), name);
    const holder = await readLock(file);
    if (typeof holder === 'object' && (await hasLeft(holder))) await remove(file);
  }
}

/** Locks of this process, removed at its end whatever ends it. */
const held = new Map<string, string>();
let watching = false;

function heldLock(path: string, { token }: LockHolder): LockFile {
  held.set(token, path);
  if (!watching) process.once('exit', () => [...held.values()].forEach(removeNow));
  watching = true;
  return {
    async release() {
      if (!held.delete(token)) return;
      // Removed by hand and taken by another, it is not ours to remove.
      const found = await readLock(path);
      if (typeof found === 'object' && found.token === token) await remove(path);
    },
  };
}

function removeNow(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone, or its folder is: nothing is left to give up.
  }
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** As it was typed, without the paths of Node and of this program. */
function commandLine(): string {
  const [, program = '', ...rest] = process.argv;
  return [basename(program).replace(/\.[cm]?[jt]s$/, ''), ...rest].join(' ');
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
