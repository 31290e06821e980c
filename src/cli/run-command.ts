/** The frame of every command: help, exit codes, errors in plain words, a progress line. */
import { EXIT } from '../commands/exit-codes.ts';
import { helpText } from '../commands/help.ts';
import type { Command, ValuesOf } from '../commands/option.ts';
import { IdiolectError, StoppedError, UsageError } from '../errors.ts';
import { readArguments } from './arguments.ts';
import { systemProblem } from './system-error.ts';

/** What a command gets beside its values. */
export interface CommandFrame {
  /** What was given without an option's name; '' for a command that takes none. */
  argument: string;
  /** Text for the person: on standard output, or on standard error where `--json` keeps the former. */
  print: (text: string) => void;
  /** The result for another program, printed where `--json` asks for it. */
  result: (value: unknown) => void;
}

export type CommandRun<C extends Command> = (
  values: ValuesOf<C['options']>,
  frame: CommandFrame,
) => Promise<void>;

/** Reads the options, runs the command, and ends the process with the right code. */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  load: () => Promise<{ run: CommandRun<Command> }>,
): Promise<never> {
  try {
    const { help, values, argument } = readArguments(command, argv);
    if (values['debug'] === true) debug = true;
    if (help) process.stdout.write(helpText(command));
    else {
      const json = values['json'] === true;
      const { run } = await load();
      await run(values, {
        argument,
        print: (text) => void (json ? process.stderr : process.stdout).write(text),
        result: (value) => {
          if (json) process.stdout.write(`${JSON.stringify(value, null, 1)}\n`);
        },
      });
    }
    return await end(EXIT.success);
  } catch (error) {
    return fail(error);
  }
}

let debug = !['', '0', undefined].includes(process.env['IDIOLECT_DEBUG']);

/** Says what went wrong and ends the process. */
export function fail(error: unknown): Promise<never> {
  clearProgress();
  process.stderr.write(`${errorText(error)}\n`);
  if (error instanceof StoppedError) return end(EXIT.interrupted);
  if (error instanceof UsageError) return end(EXIT.usage);
  const known = error instanceof IdiolectError || systemProblem(error) !== undefined;
  return end(known ? EXIT.input : EXIT.internal);
}

/** A person's problem in plain words; a fault of this program in one line, with its stack for `--debug`. */
export function errorText(error: unknown): string {
  if (debug && error instanceof Error) return error.stack ?? error.message;
  if (error instanceof StoppedError) return error.message;
  if (error instanceof IdiolectError) return `${error.name}: ${error.message}`;
  const problem = systemProblem(error);
  if (problem !== undefined) return problem;
  const line = (error instanceof Error ? error.message : String(error)).split('\n')[0];
  return `Internal error: ${line} Please report it, with what --debug shows.`;
}

/** Ends the process when all that was printed is on its way. */
export async function end(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
  process.exit(code);
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
