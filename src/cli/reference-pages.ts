/** The two reference pages of docs, in Markdown: every option of every command, every key of an experiment. */
import { commands } from '../commands/commands.ts';
import {
  defaultText,
  explainedChoices,
  optionName,
  optionSections,
  typeText,
  usageLine,
} from '../commands/describe.ts';
import { exitCodes } from '../commands/exit-codes.ts';
import type { Command, Option } from '../commands/option.ts';
import { experimentKeys, type KeyRow } from '../experiment/spec/key-reference.ts';

const GENERATED = 'Written by `npm run docs`; edit the source, not this page.';

/** docs/commands.md */
export function commandsPage(): string {
  const all: readonly Command[] = Object.values(commands);
  return [
    '# Commands',
    `${GENERATED} The source is [src/commands](../src/commands).`,
    'Each command is `idiolect NAME` (after `npm link`, or as `npx idiolect NAME` in the project’s folder) and `npm run NAME --`, with the same options. Paths are taken from the folder you stand in. `idiolect help NAME` prints what stands here.',
    table(
      ['Command', 'What it makes'],
      all.map(({ name, title }) => [`[\`${name}\`](#${name})`, title]),
    ),
    '## Exit codes',
    table(
      ['Code', 'Meaning'],
      exitCodes.map(({ code, meaning }) => [String(code), meaning]),
    ),
    ...all.flatMap(commandParts),
  ].join('\n\n');
}

function commandParts(command: Command): string[] {
  const { name, summary, argument, examples } = command;
  return [
    `## ${name}`,
    `\`\`\`\n${usageLine(command)}\n\`\`\``,
    summary,
    ...(argument ? [`\`${argument.value}\`: ${argument.help}`] : []),
    table(
      ['Option', 'Value', 'What it does'],
      optionSections(command).flatMap(([, options]) => options.map(optionRow)),
    ),
    ['```', ...examples.map(({ line, does }) => `# ${does}\nidiolect ${line}`), '```'].join('\n'),
  ];
}

function optionRow([name, option]: [string, Option]): string[] {
  const choices = explainedChoices(option).map(([choice, words]) =>
    `\`${choice}\` ${words}`.trim(),
  );
  const help = choices.length > 0 ? `${option.help} ${choices.join('; ')}.` : option.help;
  const value = [typeText(option), defaultText(option)].filter(Boolean).join(' ');
  return [`\`${optionName(name, option)}\``, value, help];
}

/** docs/experiments/keys.md */
export function keysPage(): string {
  const sections = experimentKeys().map(({ title, meaning, rows }) =>
    [
      `## ${title}`,
      ...(meaning === '' ? [] : [meaning]),
      table(['Key', 'Value', 'Default', 'Meaning'], rows.map(keyRow)),
    ].join('\n\n'),
  );
  return [
    '# Every key of an experiment file',
    `${GENERATED} The source is [src/experiment/spec/schema.ts](../../src/experiment/spec/schema.ts). Unknown keys and impossible values are refused, all at once.`,
    ...sections,
  ].join('\n\n');
}

function keyRow(row: KeyRow): string[] {
  const usual = row.default === undefined ? '' : `\`${row.default}\``;
  return [`\`${row.key}\``, row.type, row.required ? 'required' : usual, row.meaning];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
