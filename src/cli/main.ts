/** `idiolect COMMAND`: finds the command and runs it where the person stands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands, isCommand, type CommandName } from '../commands/commands.ts';
import { EXIT } from '../commands/exit-codes.ts';
import { helpText, overviewText } from '../commands/help.ts';
import type { Command } from '../commands/option.ts';
import { suggestion } from '../commands/nearest.ts';
import { UsageError } from '../errors.ts';
import { personFolder, projectFolder } from './person-folder.ts';
import { end, fail, runCommand, type CommandRun } from './run-command.ts';

/** Loaded when needed: help should not wait for an engine. */
const runs: { [Name in CommandName]: () => Promise<{ run: CommandRun<(typeof commands)[Name]> }> } =
  {
    measure: () => import('./measure.ts'),
    train: () => import('./train.ts'),
    generate: () => import('./generate.ts'),
    experiment: () => import('./experiment.ts'),
    'pre-train': () => import('./pre-train.ts'),
    'model-card': () => import('./model-card.ts'),
  };

async function main([first, ...rest]: readonly string[]): Promise<never> {
  process.on('uncaughtException', (error) => void fail(error));
  // Someone who closed the pipe (`| head`) has read enough; the work goes on.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') void fail(error);
  });
  // Standard output is the command's own; libraries speak on the other one.
  console.log = console.info = console.error;
  process.chdir(personFolder());
  const helpedCommand = first === 'help' ? rest[0] : undefined;
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${version()}\n`);
    return end(EXIT.success);
  }
  if (helpedCommand !== undefined && isCommand(helpedCommand)) {
    process.stdout.write(helpText(commands[helpedCommand]));
    return end(EXIT.success);
  }
  if (first === '--help' || first === '-h' || (first === 'help' && helpedCommand === undefined)) {
    process.stdout.write(overviewText(version()));
    return end(EXIT.success);
  }
  if (first === undefined) {
    process.stderr.write(overviewText(version()));
    return end(EXIT.usage);
  }
  if (isCommand(first)) return start(first, rest);
  const unknown = helpedCommand ?? first;
  const names = Object.keys(commands);
  return fail(
    new UsageError(
      `There is no command ${unknown}.${suggestion(unknown, names)} The commands are ${names.join(', ')}; idiolect --help explains them.`,
    ),
  );
}

/** Each command goes with the values of its own options; over all of them, types cannot say so. */
function start(name: CommandName, argv: readonly string[]): Promise<never> {
  return runCommand(
    commands[name],
    argv,
    runs[name] as () => Promise<{ run: CommandRun<Command> }>,
  );
}

function version(): string {
  const text = readFileSync(join(projectFolder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

await main(process.argv.slice(2)).catch(fail);
