/** Where commands write: one at a time, nothing of an earlier one lost, and problems said before any work. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, start, temporaryFolder, writeAnswers } from './run.ts';

let folder: string;
let answers: string;
let settings: string[];
beforeAll(() => {
  folder = temporaryFolder();
  answers = writeAnswers(folder, 'apples.json', 6);
  settings = `--responses ${answers} --batch 2 --held-out 0 --threads 1`.split(' ');
});

const train = (out: string, ...more: string[]) =>
  run('train', [...settings, '--steps', '2', '--out', out, ...more]);

describe('a folder that is in use', () => {
  it('is refused, with the process that has it; free again when that one was killed', async () => {
    const out = join(folder, 'used');
    const first = start('train', [...settings, '--steps', '5000', '--out', out]);
    while (first.child.exitCode === null && !lines(out)) await pause();
    const second = await train(out, '--resume');
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(
      new RegExp(
        `StorageError: ${out} is in use by process ${first.child.pid} on ${hostname()} since 2.* UTC \\(idiolect train --responses .*\\)`,
      ),
    );
    expect(second.stderr).toContain(`If that process is gone, delete ${out}/idiolect.lock.`);
    // It was not even looked for a model.
    expect(second.stderr).not.toContain('wasm');
    first.child.kill('SIGKILL');
    await first.ended;
    const third = await train(out, '--overwrite');
    expect(third.code, third.stderr).toBe(0);
    expect(third.stderr).toContain(`was in use by process ${first.child.pid}`);
    expect(readdirSync(out)).not.toContain('idiolect.lock');
  });

  it('by a process of another computer, is respected', async () => {
    const out = temporaryFolder();
    const holder = { pid: 1, host: 'far.example', since: '2026-01-02T03:04:05.678Z', token: 'x' };
    writeFileSync(join(out, 'idiolect.lock'), JSON.stringify({ ...holder, command: 'idiolect x' }));
    const { code, stderr } = await train(out);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'in use by process 1 on far.example since 2026-01-02 03:04:05 UTC (idiolect x)',
    );
  });
});

describe('a folder with results', () => {
  it('is refused unasked, and set aside whole with --overwrite', async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, 'notes.txt'), 'mine');
    expect((await train(out)).code).toBe(0);
    const files = readdirSync(out);
    const weights = readFileSync(join(out, 'adapter_model.safetensors'));
    const refused = await train(out, '--seed', '7');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/DataError: .* holds results already: README\.md, adapter_/);
    expect(refused.stderr).toContain('--overwrite starts again in the same folder');
    expect(readdirSync(out)).toEqual(files);

    const both = await train(out, '--resume', '--overwrite');
    expect(both.code).toBe(2);
    const again = await train(out, '--seed', '7', '--overwrite');
    expect(again.code, again.stderr).toBe(0);
    const [aside] = readdirSync(out).filter((name) => name.startsWith('earlier-'));
    expect(again.stderr).toContain(`The earlier results are in ${join(out, aside!)} now.`);
    expect(readdirSync(join(out, aside!))).toEqual(files.filter((name) => name !== 'notes.txt'));
    expect(readFileSync(join(out, aside!, 'adapter_model.safetensors')).equals(weights)).toBe(true);
    expect(
      readFileSync(join(out, 'adapter_model.safetensors')).equals(weights),
      'another seed gives other weights',
    ).toBe(false);
  });

  it('counts by what would be written: a README of somebody else is not replaced', async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, 'README.md'), 'mine');
    const { code, stderr } = await train(out);
    expect(code).toBe(1);
    expect(stderr).toContain('holds results already: README.md.');
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toBe('mine');
  });
});

it.each([
  ['/proc/x', 'no folder can be made here'],
  ['apples.json', 'a file stands where a folder is needed'],
  ['apples.json/below', 'a file stands where a folder is needed'],
])('--out %s is refused at once, in words', async (name, words) => {
  const { code, stderr } = await train(join(name.startsWith('/') ? '' : folder, name));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^StorageError: .* cannot be written\./);
  expect(stderr).toContain(words);
});

it('measure refuses a folder as its file before anything is measured', async () => {
  const { code, stderr } = await run('measure', ['--responses', answers, '--out', folder]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `DataError: ${folder} is a folder, and a file is needed. Name a file in it.\n`,
  );
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
const lines = (out: string) => {
  try {
    return readFileSync(join(out, 'metrics.jsonl'), 'utf8').includes('\n');
  } catch {
    return false;
  }
};
