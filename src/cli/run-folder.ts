/** The folder a run is written to: files that survive a kill and a lost power supply. */
import * as disk from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, StoppedError } from '../errors.ts';
import { notice } from '../notices.ts';
import {
  draftOf,
  syncFolder,
  writeDraft,
  writeDurably,
  type DiskCalls,
} from '../storage/durable.ts';
import type { Checkpoint } from '../train/checkpoint.ts';
import {
  CHECKPOINT_FILE,
  CHECKPOINT_SECONDS,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../train/checkpoint-file.ts';
import type { Checkpoints } from '../train/train.ts';
import type { DrivenResult } from '../workflows/train/run-training.ts';
import { printNotices } from './print-notices.ts';
import { systemProblem } from './system-error.ts';

/** The checkpoint before the last one, for the case that the last is damaged. */
const PREVIOUS_FILE = 'checkpoint.previous.safetensors';

/** A run's checkpoints in its folder: the last one, and the one before. */
export function folderCheckpoints(
  folder: string,
  calls: DiskCalls = disk,
): Checkpoints<Checkpoint> {
  const last = join(folder, CHECKPOINT_FILE);
  return {
    everySeconds: CHECKPOINT_SECONDS,
    save: async (checkpoint) => {
      try {
        const draft = await writeDraft(last, await encodeCheckpoint(checkpoint), calls);
        await calls.rename(last, join(folder, PREVIOUS_FILE)).catch(unlessMissing);
        await calls.rename(draft, last);
        await syncFolder(folder, calls);
      } catch (cause) {
        throw new Error(systemProblem(cause) ?? String(cause), { cause });
      }
    },
  };
}

/**
 * The run's last checkpoint, or the one before where the last is damaged, with a notice; undefined,
 * with a line to the person, when none was written yet. A kill between two renames leaves the last
 * one under its first name, whole: damaged, it was being written, and says nothing.
 * @throws DataError when there are checkpoints and none can be read
 */
export async function readCheckpoint(
  folder: string,
  calls: DiskCalls = disk,
): Promise<Checkpoint | undefined> {
  const problems: string[] = [];
  const draft = draftOf(CHECKPOINT_FILE);
  for (const name of [CHECKPOINT_FILE, draft, PREVIOUS_FILE]) {
    const bytes = await calls.readFile(join(folder, name)).catch(unlessMissing);
    if (!bytes) continue;
    try {
      const checkpoint = await decodeCheckpoint(name, new Uint8Array(bytes));
      if (problems.length > 0) {
        const text = `The last checkpoint cannot be used; the run goes on from the one before, at step ${checkpoint.progress.step}.`;
        printNotices([notice('doubtful', text, problems)]);
      }
      return checkpoint;
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      if (name !== draft) problems.push(error.message);
    }
  }
  if (problems.length > 0) {
    throw new DataError(
      `The run in ${folder} cannot go on. To start it again from its first step, leave --resume out.`,
      problems,
    );
  }
  process.stderr.write('No checkpoint yet; starting from the beginning.\n');
  return undefined;
}

/** The end of a run that was stopped, with where it goes on. */
export function interrupted({ saved, progress }: DrivenResult): StoppedError {
  if (saved === progress.step) {
    return new StoppedError('Interrupted. Run the same command with --resume to continue.');
  }
  const from = saved === undefined ? 'the first step' : `step ${saved}`;
  return new StoppedError(
    `Interrupted at step ${progress.step}, whose checkpoint could not be written. The same command with --resume continues from ${from}.`,
  );
}

function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/**
 * A log of JSON lines that grows with the run. One that cannot be written ends no training: it is
 * written whole at the end, or the command fails then.
 */
export class LogFile {
  readonly #path: string;
  #lines: string[] = [];
  #behind = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Begins with what the checkpoint holds; what was written beyond it comes again. */
  async begin(values: readonly unknown[]): Promise<void> {
    this.#lines = values.map(lineOf);
    await writeDurably(this.#path, this.#lines.join(''));
  }

  async append(value: unknown): Promise<void> {
    const line = lineOf(value);
    this.#lines.push(line);
    if (this.#behind) return;
    try {
      await disk.appendFile(this.#path, line);
    } catch (error) {
      this.#behind = true;
      const text = `${this.#path} cannot be written now; it is tried again at the end of the run.`;
      printNotices([notice('doubtful', text, [systemProblem(error) ?? String(error)])]);
    }
  }

  /** All so far, each with its line end. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** What is still to be written, if anything. */
  get missing(): { path: string; bytes: string }[] {
    return this.#behind ? [{ path: this.#path, bytes: this.#lines.join('') }] : [];
  }
}

const lineOf = (value: unknown) => `${JSON.stringify(value)}\n`;
