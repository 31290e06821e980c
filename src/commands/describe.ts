/** Options in words, for `--help` and for docs/commands.md. */
import { rangeText } from '../fields.ts';
import type { Command, Option } from './option.ts';

/** Longer lists of choices stand below the option, not behind its name. */
const INLINE_CHOICES = 40;

/** Choices with what each means, where the value itself does not say it. */
export function explainedChoices(option: Option): [string, string][] {
  if (option.kind !== 'choice') return [];
  const entries = Object.entries(option.choices);
  const explained = entries.some(([choice, words]) => words !== '' && words !== choice);
  return explained ? entries.map(([choice, words]) => [choice, words === choice ? '' : words]) : [];
}

/** Options that every command has. */
export const generalOptions = {
  help: { kind: 'switch', help: 'Print this help.', section: 'General' },
  debug: {
    kind: 'switch',
    help: 'Show the stack of an internal error; IDIOLECT_DEBUG=1 does the same.',
    section: 'General',
  },
} as const satisfies Command['options'];

/** What stands after the option's name: "FILE", "separate|joint"; '' for a switch. */
export function valueName(option: Option): string {
  if (option.kind === 'switch') return '';
  if (option.kind !== 'choice') return option.value;
  const choices = Object.keys(option.choices).join('|');
  return choices.length <= INLINE_CHOICES ? choices : 'NAME';
}

/** "--lr X" */
export function optionName(name: string, option: Option): string {
  return `--${name} ${valueName(option)}`.trim();
}

/** "A number from 1e-8 to 1." */
export function typeText(option: Option): string {
  switch (option.kind) {
    case 'number': {
      const unit = option.unit === undefined ? '' : `, in ${option.unit}`;
      return `${upperFirst(rangeText(option))}${unit}.`;
    }
    case 'choice':
      return `One of ${Object.keys(option.choices).join(', ')}.`;
    case 'switch':
      return 'Off unless given.';
    case 'text':
      return 'Text.';
    case 'path':
      return option.multiple === true ? 'One or more paths.' : 'A path.';
  }
}

/** "Required.", "Default: 60." or "Without it: all cores."; '' for a switch. */
export function defaultText(option: Option): string {
  if (option.required === true) return 'Required.';
  if (option.otherwise !== undefined) return `Without it: ${option.otherwise}.`;
  return 'default' in option ? `Default: ${option.default}.` : '';
}

export function usageLine({ name, argument, options }: Command): string {
  const required = Object.entries(options)
    .filter(([, option]) => option.required === true)
    .map(([option, table]) => optionName(option, table));
  return ['idiolect', name, ...(argument ? [argument.value] : []), ...required, '[options]'].join(
    ' ',
  );
}

/** The options under their headings: what is required first, what every command has last. */
export function optionSections(command: Command): [string, [string, Option][]][] {
  const sections = new Map<string, [string, Option][]>();
  const entries = Object.entries<Option>({ ...command.options, ...generalOptions });
  const required = entries.filter(([, option]) => option.required === true);
  const others = entries.filter(([, option]) => option.required !== true);
  if (required.length > 0) sections.set('Required', required);
  for (const entry of others) {
    const section = entry[1].section ?? 'Options';
    sections.set(section, [...(sections.get(section) ?? []), entry]);
  }
  return [...sections];
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
