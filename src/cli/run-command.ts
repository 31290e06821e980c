/** The frame of every command: help, exit codes, errors in plain words, a progress line. */
import { IdiolectError, StoppedError, UsageError } from '../errors.ts';
import { helpText, readArguments, type Command, type Values } from './arguments.ts';

/** Exit codes: 0 done, 1 files or numbers that cannot be used, 2 wrong options, 70 a fault of ours, 130 stopped. */
export async function runCommand(
  command: Command,
  action: (values: Values) => Promise<void>,
): Promise<void> {
  try {
    const values = readArguments(command, process.argv.slice(2));
    if (values['help'] === true) process.stdout.write(helpText(command));
    else await action(values);
    process.exit(0);
  } catch (error) {
    clearProgress();
    if (error instanceof StoppedError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(130);
    }
    if (error instanceof IdiolectError) {
      process.stderr.write(`${error.name}: ${error.message}\n`);
      process.exit(error instanceof UsageError ? 2 : 1);
    }
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(70);
  }
}

let shown = false;

/** A bar that overwrites itself on a terminal; elsewhere nothing, so that logs stay short. */
export function showProgress(done: number, total: number, text: string): void {
  if (!process.stderr.isTTY) return;
  const width = 24;
  const filled = total > 0 ? Math.round((width * done) / total) : 0;
  const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
  process.stderr.write(`\r\x1b[2K${bar} ${done}/${total} ${text}`);
  shown = true;
}

export function clearProgress(): void {
  if (shown) process.stderr.write('\r\x1b[2K');
  shown = false;
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '…';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Asks for a stop at Ctrl+C once; a second Ctrl+C ends the process. */
export function stopOnInterrupt(): () => boolean {
  let requested = false;
  process.once('SIGINT', () => (requested = true));
  return () => requested;
}
