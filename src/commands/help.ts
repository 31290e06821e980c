/** What `--help` prints, made of the option tables. */
import { commands } from './commands.ts';
import {
  defaultText,
  explainedChoices,
  optionName,
  optionSections,
  typeText,
  usageLine,
} from './describe.ts';
import { exitCodes } from './exit-codes.ts';
import type { Command, Option } from './option.ts';

const WIDTH = 80;

/** The help of one command, in lines of at most 80 characters where words allow. */
export function helpText(command: Command): string {
  const { summary, argument, examples } = command;
  const parts = [wrap(usageLine(command), 'Usage: ', '       '), wrap(summary)];
  if (argument) parts.push(wrap(argument.help, '      ', '      ', `  ${argument.value}\n`));
  for (const [section, options] of optionSections(command)) {
    const lines = options.map(([name, option]) => optionHelp(name, option));
    parts.push(`${section}:\n${lines.join('\n')}`);
  }
  const lines = examples.map(
    ({ line, does }) => `${wrap(does, '  # ', '  # ')}\n  idiolect ${line}`,
  );
  parts.push(`Examples:\n${lines.join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

/** The list of commands. */
export function overviewText(version: string): string {
  const all: readonly Command[] = Object.values(commands);
  const column = Math.max(...all.map(({ name }) => name.length)) + 4;
  const listed = all.map(({ name, title }) =>
    wrap(title, `  ${name}`.padEnd(column), ' '.repeat(column)),
  );
  const codes = exitCodes.map(({ code, meaning }) =>
    wrap(meaning, `  ${code}`.padEnd(column), ' '.repeat(column)),
  );
  return [
    `Idiolect ${version}: a language-model lab, in a browser and on the command line.`,
    'Usage: idiolect COMMAND [options]\n       idiolect help COMMAND\n       idiolect --version',
    `Commands:\n${listed.join('\n')}`,
    `Exit codes:\n${codes.join('\n')}`,
    'Paths are taken from the current folder. Each command is also an npm script:\n  npm run measure -- --responses answers.jsonl\n',
  ].join('\n\n');
}

function optionHelp(name: string, option: Option): string {
  const indent = ' '.repeat(6);
  const lines = [`  ${optionName(name, option)}`, wrap(option.help, indent, indent)];
  const choices = explainedChoices(option);
  const column = indent.length + 4 + Math.max(...choices.map(([choice]) => choice.length));
  for (const [choice, words] of choices) {
    lines.push(wrap(words, `${indent}  ${choice}`.padEnd(column), ' '.repeat(column)));
  }
  const facts = [
    choices.length > 0 ? '' : typeText(option),
    option.required === true ? '' : defaultText(option),
  ];
  lines.push(wrap(facts.filter(Boolean).join(' '), indent, indent));
  return lines.filter((line) => line.trim() !== '').join('\n');
}

/** Breaks at spaces; a word longer than the line stands alone on it. */
function wrap(text: string, first = '', next = first, above = ''): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = next;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return above + [...lines, line.trimEnd()].join('\n');
}
