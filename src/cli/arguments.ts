/** Command-line options as data: parsed, checked all at once, and printed by --help. */
import { parseArgs } from 'node:util';
import { UsageError } from '../errors.ts';

export interface Option {
  help: string;
  /** Shown after the name; absent for a switch. */
  value?: string;
  default?: string;
  required?: boolean;
  multiple?: boolean;
}

export type Values = Record<string, string | boolean | string[] | undefined>;

export interface Command {
  name: string;
  summary: string;
  /** What comes first, without a name of its own. */
  argument?: { name: string; help: string };
  options: Readonly<Record<string, Option>>;
}

/** @throws UsageError naming every unknown or missing option */
export function readArguments({ options, argument }: Command, argv: readonly string[]): Values {
  const known = Object.fromEntries(
    Object.entries<Option>({ ...options, help: { help: '' } }).map(([name, option]) => [
      name,
      {
        type: option.value === undefined ? ('boolean' as const) : ('string' as const),
        ...(option.multiple === true && { multiple: true }),
      },
    ]),
  );
  const spread = spreadMultiple(options, argv);
  const { values, tokens } = parseArgs({
    args: spread,
    options: known,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const problems: string[] = [];
  let first: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'option' && !(token.name in known))
      problems.push(`${token.rawName}: no such option.`);
    if (token.kind === 'positional') {
      if (argument && first === undefined) first = token.value;
      else problems.push(`${token.value}: an option's name should come first.`);
    }
    if (token.kind === 'option' && token.name in options) {
      const option = options[token.name]!;
      if (option.value !== undefined && token.value === undefined) {
        problems.push(`${token.rawName} needs ${option.value}.`);
      }
    }
  }
  if (values['help'] !== true) {
    for (const [name, option] of Object.entries(options)) {
      if (option.required === true && values[name] === undefined) {
        problems.push(`--${name} ${option.value ?? ''} is missing.`);
      }
    }
    if (argument && first === undefined) problems.push(`${argument.name} is missing.`);
  }
  if (problems.length > 0)
    throw new UsageError('These options cannot be used (see --help).', problems);
  const defaults = Object.fromEntries(
    Object.entries(options).map(([name, own]) => [name, own.default]),
  );
  return { ...defaults, ...(values as Values), ...(argument && { [argument.name]: first }) };
}

/** `--responses a b c` means `--responses a --responses b --responses c`. */
function spreadMultiple(options: Command['options'], argv: readonly string[]): string[] {
  const spread: string[] = [];
  let current: string | undefined;
  for (const argument of argv) {
    if (argument.startsWith('--')) {
      const name = argument.slice(2).split('=')[0]!;
      current = options[name]?.multiple === true ? argument.split('=')[0]! : undefined;
      if (current === undefined || argument.includes('=')) spread.push(argument);
    } else if (current !== undefined) spread.push(current, argument);
    else spread.push(argument);
  }
  return spread;
}

export function helpText({ name, summary, argument, options }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help, default: fallback }]) => {
    const left = `  --${option}${value === undefined ? '' : ` ${value}`}`;
    const right = fallback === undefined ? help : `${help} (${fallback})`;
    return `${left.padEnd(30)}${right}`;
  });
  const first = argument ? ` ${argument.name}` : '';
  const about = argument ? [`  ${argument.name.padEnd(28)}${argument.help}`] : [];
  return `npm run ${name} --${first} [options]\n\n${summary}\n\n${[...about, ...rows].join('\n')}\n`;
}

/** A whole number from 1; undefined when not given. @throws UsageError */
export function countOf(values: Values, name: string): number | undefined {
  const number = numberOf(values, name);
  if (number === undefined || (Number.isInteger(number) && number >= 1)) return number;
  throw new UsageError(`--${name}: expected a whole number from 1, got ${number}.`);
}

/** A number option. @throws UsageError */
export function numberOf(values: Values, name: string): number | undefined {
  const value = values[name];
  if (typeof value !== 'string') return undefined;
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) {
    throw new UsageError(`--${name}: expected a number, got "${value}".`);
  }
  return number;
}

export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

export function listOf(values: Values, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

/** One of the choices. @throws UsageError listing them */
export function choiceOf<Choice extends string>(
  values: Values,
  name: string,
  choices: readonly Choice[],
): Choice {
  const value = values[name];
  const found = choices.find((choice) => choice === value);
  if (found === undefined) {
    throw new UsageError(`--${name}: expected ${choices.join(' or ')}, got ${String(value)}.`);
  }
  return found;
}
