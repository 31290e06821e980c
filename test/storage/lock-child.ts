/**
 * A process that takes one lock again and again: lock-child.ts PATH ROUNDS. In its turn it makes a
 * file that nobody else may have made, and leaves every third time a lock as if it had been killed.
 * Says "held" with each lock, and at the end how many locks it took over from such leftovers.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { takeLock } from '../../src/storage/lock-file.ts';

const [path, rounds, keep] = process.argv.slice(2);
let takenOver = 0;
for (let round = 0; round < Number(rounds);) {
  const taken = await takeLock(path!, { leftBehind: () => takenOver++ });
  if (!('lock' in taken)) {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    continue;
  }
  writeFileSync(`${path}-inside`, String(process.pid), { flag: 'wx' });
  console.log('held');
  if (keep === 'keep') await new Promise((resolve) => setTimeout(resolve, 3_600_000));
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
  rmSync(`${path}-inside`);
  if (++round % 3 === 0) {
    const holder = JSON.parse(readFileSync(path!, 'utf8')) as object;
    const ended = { ...holder, identity: 'an earlier process', token: randomUUID() };
    writeFileSync(`${path}-${process.pid}`, JSON.stringify(ended));
    renameSync(`${path}-${process.pid}`, path!);
  }
  await taken.lock.release();
}
console.log(`taken over ${takenOver}`);
