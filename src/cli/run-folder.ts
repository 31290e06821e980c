/** The folder a run is written to: files that survive a kill, and what is left of an earlier one. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CHECKPOINT_FILE,
  CHECKPOINT_SECONDS,
  decodeCheckpoint,
  encodeCheckpoint,
  type Checkpoint,
} from '../train/checkpoint.ts';
import type { Checkpoints } from '../train/train.ts';

/** Written beside and renamed, so that a kill leaves the old file or the new one. */
export async function replaceFile(path: string, bytes: Uint8Array | string): Promise<void> {
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
}

/** A run's checkpoints in its folder, each in place of the one before. */
export function folderCheckpoints(folder: string): Checkpoints {
  return {
    save: (checkpoint) => replaceFile(join(folder, CHECKPOINT_FILE), encodeCheckpoint(checkpoint)),
    everySeconds: CHECKPOINT_SECONDS,
  };
}

/** The run's checkpoint; undefined, with a line to the person, when none was written yet. */
export async function readCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(folder, CHECKPOINT_FILE));
  } catch {
    process.stderr.write('No checkpoint yet; starting from the beginning.\n');
    return undefined;
  }
  return decodeCheckpoint(CHECKPOINT_FILE, new Uint8Array(bytes));
}

/** JSON lines with a `step` up to the checkpoint's; what came after it will be measured again. */
export async function keptLines(path: string, step: number | undefined): Promise<string> {
  if (step === undefined) return '';
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return '';
  }
  // A kill may have cut the last line.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n').filter((line) => line !== '');
  const kept = lines.filter((line) => (JSON.parse(line) as { step: number }).step <= step);
  return kept.map((line) => `${line}\n`).join('');
}
