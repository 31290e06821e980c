/** Which process a number stands for, now and earlier; only Node imports this file. */
import { readFile } from 'node:fs/promises';

/**
 * The boot of the system and the tick at which the process began: no later process has both.
 * @returns null without /proc
 */
export async function processIdentity(pid: number): Promise<string | null> {
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const { began } = await processStat(pid);
    return `${boot} ${began}`;
  } catch {
    return null;
  }
}

/**
 * Whether the process that had this number and identity is over. A number is given again to another
 * process: where identities are known, another one is another process.
 */
export async function hasEnded(pid: number, identity: string | null): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process may not be signalled, and is there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return true;
  }
  const now = await processIdentity(pid);
  if (now === null || identity === null) return false;
  return now !== identity || (await isZombie(pid));
}

/** Ended, and only not yet seen by its parent. */
async function isZombie(pid: number): Promise<boolean> {
  try {
    return ['Z', 'X'].includes((await processStat(pid)).state);
  } catch {
    return true;
  }
}

/** Fields 3 and 22 of /proc/PID/stat; the second, in parentheses, may hold anything. */
async function processStat(pid: number): Promise<{ state: string; began: string }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, began: fields[19]! };
}
