/** One owner per lock file, among processes that end in every way. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskOwners, lockHolder, takeLock, type LockHolder } from '../../src/storage/lock-file.ts';
import { ELSEWHERE } from '../../src/storage/owner.ts';
import { processIdentity } from '../../src/storage/process-identity.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'locks-'));
  path = join(folder, 'a.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

function child(...args: string[]) {
  const started = spawn(
    process.execPath,
    ['--import', 'tsx', 'test/storage/lock-child.ts', path, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  let stderr = '';
  started.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  started.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  const ended = once(started, 'close').then(([code]) => ({ code: code as number, stdout, stderr }));
  return { started, ended, said: () => stdout };
}

const taken = async (settings = {}) => {
  const result = await takeLock(path, settings);
  return 'lock' in result ? result.lock : undefined;
};
const write = (holder: Partial<LockHolder>) =>
  writeFileSync(
    path,
    JSON.stringify({
      pid: process.pid,
      host: hostname(),
      identity: null,
      since: '2026-01-02T03:04:05.000Z',
      command: 'idiolect train',
      token: randomUUID(),
      ...holder,
    }),
  );
const files = () => readdirSync(folder).sort();

describe('takeLock', () => {
  it('says who holds it, and leaves nothing behind', async () => {
    const lock = await taken();
    const second = await takeLock(path);
    expect(second).toMatchObject({
      holder: { pid: process.pid, host: hostname(), identity: await processIdentity(process.pid) },
    });
    expect(files()).toEqual(['a.lock']);
    await lock!.release();
    await lock!.release();
    expect(files()).toEqual([]);
    expect(await lockHolder(path)).toBeUndefined();
  });

  it('takes over what an ended process left, and names it', async () => {
    const heard: unknown[] = [];
    const leftBehind = (...args: unknown[]) => heard.push(args);
    // No process has this number, or another process has it by now.
    for (const left of [{ pid: 2 ** 22 + 1 }, { identity: 'an earlier process' }]) {
      write({ command: 'idiolect train --out x', ...left });
      expect(await lockHolder(path)).toBeUndefined();
      const lock = await taken({ leftBehind });
      expect(lock).toBeDefined();
      expect(heard.pop()).toMatchObject([path, { command: 'idiolect train --out x' }]);
      expect(files()).toEqual(['a.lock']);
      await lock!.release();
    }
  });

  it('respects the lock of another computer, and a file it cannot read', async () => {
    write({ host: 'elsewhere.example', pid: 2 ** 22 + 1 });
    expect(await takeLock(path)).toMatchObject({ holder: { host: 'elsewhere.example' } });
    writeFileSync(path, '{"pid": 1');
    expect(await takeLock(path)).toEqual({ holder: undefined });
    expect(await lockHolder(path)).toBe('unreadable');
    expect(files()).toEqual(['a.lock']);
  });

  it('does not remove a lock that is another one by now', async () => {
    const lock = await taken();
    write({ pid: process.ppid });
    await lock!.release();
    expect(existsSync(path)).toBe(true);
  });

  it('goes on where a process was killed while it took over, and clears up after it', async () => {
    const left = randomUUID();
    write({ token: left, identity: 'an earlier process' });
    const gone = readFileSync(path, 'utf8').replace(left, randomUUID());
    writeFileSync(`${path}.${left}`, gone);
    writeFileSync(`${path}.${randomUUID()}.new`, gone);
    writeFileSync(`${path}.mine`, gone);
    const lock = await taken();
    expect(lock).toBeDefined();
    expect(files()).toEqual(['a.lock', 'a.lock.mine']);
    await lock!.release();
  });
});

describe('among processes', () => {
  it('eight that race for one lock, some of them killed, never hold it together', async () => {
    const rounds = 30;
    const racing = Array.from({ length: 8 }, () => child(String(rounds)));
    const ended = await Promise.all(racing.map(({ ended }) => ended));
    for (const { code, stderr } of ended) expect(code, stderr).toBe(0);
    const said = ended.map(({ stdout }) => stdout).join('');
    expect(said.match(/held/g)).toHaveLength(8 * rounds);
    const over = [...said.matchAll(/taken over (\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    // All but what the last of them may have left.
    expect(over).toBeGreaterThanOrEqual(8 * (rounds / 3) - 1);
    expect(files().filter((name) => name !== 'a.lock')).toEqual([]);
  }, 60_000);

  it('a killed holder loses it, to one of those who come', async () => {
    const holder = child('1', 'keep');
    while (!holder.said().includes('held')) await new Promise((done) => setTimeout(done, 10));
    expect(await taken()).toBeUndefined();
    holder.started.kill('SIGKILL');
    await holder.ended;
    const heard: LockHolder[] = [];
    const leftBehind = (_: string, one: LockHolder) => heard.push(one);
    const takers = await Promise.all(Array.from({ length: 20 }, () => taken({ leftBehind })));
    expect(takers.filter((lock) => lock !== undefined)).toHaveLength(1);
    expect(heard).toMatchObject([
      { pid: holder.started.pid, command: 'lock-child ' + path + ' 1 keep' },
    ]);
  }, 20_000);
});

describe('diskOwners', () => {
  it('a name has one owner at a time, and is free when its work fails', async () => {
    const [first, second] = [diskOwners(folder), diskOwners(folder)];
    let finish: (value: number) => void = () => undefined;
    const working = first.alone('model/a/b', () => new Promise<number>((done) => (finish = done)));
    while (!(await second.owned()).has('model/a/b'))
      await new Promise((done) => setTimeout(done, 5));
    expect(await second.alone('model/a/b', () => Promise.resolve(2))).toBe(ELSEWHERE);
    expect(await second.alone('model/a', () => Promise.resolve(3))).toBe(3);
    const waiting = second.alone('model/a/b', () => Promise.resolve(4), { wait: true });
    finish(1);
    expect(await working).toBe(1);
    expect(await waiting).toBe(4);
    await expect(first.alone('x', () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(await first.owned()).toEqual(new Set());
    await expect(first.alone('../x', () => Promise.resolve(5))).rejects.toThrow('no safe name');
  });

  it('nothing is owned in a folder that is not there', async () => {
    expect(await diskOwners(join(folder, 'none')).owned()).toEqual(new Set());
  });
});
