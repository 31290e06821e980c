/**
 * The package of @genai-fi/nanogpt without its dependencies: it carries in itself all it uses, and
 * installing what it names besides would take 300 MB.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CannotRun } from '../contender.ts';

const PACKAGE = '@genai-fi/nanogpt@1.3.0';
const folder = fileURLToPath(
  new URL('../../../node_modules/.cache/idiolect-bench', import.meta.url),
);
const run = promisify(execFile);

/** @throws CannotRun when it cannot be fetched */
export async function fetchNanoGpt(): Promise<void> {
  if (existsSync(`${folder}/package/dist/main.js`)) return;
  try {
    await mkdir(folder, { recursive: true });
    const { stdout } = await run('npm', ['pack', PACKAGE, '--silent'], { cwd: folder });
    await run('tar', ['-xzf', stdout.trim()], { cwd: folder });
  } catch {
    throw new CannotRun(`npm pack ${PACKAGE} did not work`);
  }
}
