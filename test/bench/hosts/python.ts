/** Native PyTorch in a Python process, asked in lines of JSON. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CannotRun } from '../contender.ts';
import type { Answer } from './messages.ts';
import { hostOf, type ProcessHost } from './process-host.ts';

/** @throws CannotRun without a Python that has torch */
export async function openPythonHost(): Promise<ProcessHost> {
  const python = process.env['IDIOLECT_PYTHON'] ?? 'python3';
  const script = fileURLToPath(new URL('../pytorch_bench.py', import.meta.url));
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  let settle: (answer: Answer) => void = () => undefined;
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint = text.toString()));
  child.stdin.on('error', () => undefined);
  createInterface(child.stdout).on('line', (line) => settle(JSON.parse(line) as Answer));
  const ended = new Promise<void>((resolve) => {
    const end = (reason: string) => {
      settle({ reason });
      resolve();
    };
    child.on('error', ({ message }) => end(message));
    child.on('exit', () => end(complaint.trim().split('\n').at(-1) ?? 'it ended'));
  });
  const host = hostOf(
    (question) =>
      new Promise((resolve) => {
        settle = resolve;
        child.stdin.write(`${JSON.stringify(question)}\n`);
      }),
    async () => {
      child.stdin.end();
      await ended;
    },
  );
  try {
    await host.open('pytorch', 'native');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CannotRun(`${python}: ${why} (IDIOLECT_PYTHON names another Python)`);
  }
  return host;
}
