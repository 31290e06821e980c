/** The commands as a person starts them, without npm's own lines. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
}

const bin = fileURLToPath(new URL('../../bin/idiolect.mjs', import.meta.url));

/** @param cwd where the person stands; the project's folder when left out */
export function start(command: string, args: readonly string[], env = {}, cwd?: string): Started {
  const child = spawn(process.execPath, [bin, command, ...args], {
    env: { ...process.env, INIT_CWD: undefined, ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { child, ended };
}

export const run = (
  command: string,
  args: readonly string[],
  env = {},
  cwd?: string,
): Promise<Ended> => start(command, args, env, cwd).ended;

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'idiolect-cli-'));
}

/** Rows as in the shared data: question and answer. */
export function writeAnswers(folder: string, name: string, count: number): string {
  const path = join(folder, name);
  const rows = Array.from({ length: count }, (_, i) => ({
    question: `Tom has ${i + 2} apples and gets ${i + 1} more. How many apples has Tom?`,
    answer: `Tom has ${i + 2} + ${i + 1} = ${2 * i + 3} apples. Answer: ${2 * i + 3}`,
  }));
  writeFileSync(path, JSON.stringify(rows));
  return path;
}
