/** Runs commands that the page prints, in a folder like the project's. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { AppState } from '../../src/state/app-state.svelte.ts';
import type { PrintedCommand } from '../../src/state/printed-command.ts';
import type { Connection } from '../../src/state/trainer-client.ts';

/** A server in this process must go on answering meanwhile. */
export const shell = promisify(execFile);

/** The page's state, opened at this address, with what comes with the page. */
export function pageAt(connection: Connection, address = ''): AppState {
  return new AppState({
    connect: () => connection,
    fetchFile: (path) => Promise.resolve(new Response(readFileSync(`public/${path}`))),
    embeddedUrl: 'models/',
    settings: new URLSearchParams(address),
    runs: { nextFrame: queueMicrotask },
  });
}

/** A folder like the project's, with its scripts and its example data; gone after the test. */
function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'idiolect printed '));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const bin = JSON.stringify(resolve('bin/idiolect.mjs'));
  const names = ['measure', 'train', 'generate', 'experiment'];
  const scripts = Object.fromEntries(names.map((name) => [name, `node ${bin} ${name}`]));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, scripts }));
  symlinkSync(resolve('public'), join(folder, 'public'));
  return folder;
}

/** @returns the folder, with what the command wrote */
export async function runPrinted(command: PrintedCommand, folder = emptyFolder()): Promise<string> {
  for (const { name, content } of command.files) {
    const text = typeof content === 'string' ? content : await content.text();
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const env = { ...process.env, IDIOLECT_CACHE: join(folder, 'cache') };
  await shell('sh', ['-c', command.line], { cwd: folder, env });
  return folder;
}

const MODEL_FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];

/** The files of a model that comes with the project, as a hub has them. */
export function hubFilesOf(id: string): Record<string, Uint8Array> {
  const read = (name: string) => [name, readFileSync(`public/models/${id}/${name}`)] as const;
  return Object.fromEntries(MODEL_FILES.map(read));
}
