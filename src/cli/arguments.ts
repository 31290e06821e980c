/** A command line as the values of a command's options, checked all at once. */
import { generalOptions, optionName, valueName } from '../commands/describe.ts';
import { suggestion } from '../commands/nearest.ts';
import type { Command, Option, Options, ValuesOf } from '../commands/option.ts';
import { readValue } from '../commands/read-value.ts';
import { UsageError } from '../errors.ts';

export interface Arguments<Table extends Options = Options> {
  help: boolean;
  values: ValuesOf<Table>;
  /** '' for a command that takes none. */
  argument: string;
}

/**
 * Reads `--name value`, `--name=value`, `--switch` and `--files a b c`. Values are those given, else
 * the defaults. With `--help` nothing else needs to be right.
 * @throws UsageError naming every unknown, repeated, missing or impossible option
 */
export function readArguments(command: Command, argv: readonly string[]): Arguments {
  const options: Options = { ...command.options, ...generalOptions };
  const problems: string[] = [];
  const values: Record<string, string | number | boolean | string[]> = {};
  let argument: string | undefined;

  const take = (name: string, option: Option, texts: readonly string[]): void => {
    if (name in values && !isMultiple(option)) {
      problems.push(`--${name}: is given more than once.`);
    }
    if (texts.length === 0) {
      if (option.kind === 'switch') values[name] = true;
      else problems.push(`--${name} needs ${valueName(option)}.`);
      return;
    }
    const read = texts.map((text) => readValue(`--${name}`, option, text));
    problems.push(...read.flatMap((one) => ('problem' in one ? [one.problem] : [])));
    const good = read.flatMap((one) => ('value' in one ? [one.value] : []));
    const before = values[name];
    if (isMultiple(option)) {
      values[name] = [...(Array.isArray(before) ? before : []), ...good.map(String)];
    } else if (good[0] !== undefined) values[name] = good[0];
  };

  for (let i = 0; i < argv.length;) {
    const word = argv[i++]!;
    if (!isName(word)) {
      if (command.argument && argument === undefined) argument = word;
      else problems.push(`${word}: expected the name of an option before it.`);
      continue;
    }
    const [, name = '', inline] = /^--?([^=]*)(?:=([\s\S]*))?$/.exec(
      word === '-h' ? '--help' : word,
    )!;
    const option = Object.hasOwn(options, name) && word !== `-${name}` ? options[name] : undefined;
    const texts = inline === undefined ? [] : [inline];
    // What follows belongs to the option: one text, or all up to the next name.
    const limit = option?.kind === 'switch' ? 0 : option && isMultiple(option) ? Infinity : 1;
    while (inline === undefined && texts.length < limit && i < argv.length && !isName(argv[i]!)) {
      texts.push(argv[i++]!);
    }
    if (option) take(name, option, texts);
    else {
      const meant = suggestion(name, Object.keys(options), '--');
      problems.push(`${word.split('=')[0]}: no such option.${meant}`);
    }
  }
  for (const [name, option] of Object.entries(options)) {
    if (name in values) continue;
    if (option.kind === 'switch') values[name] = false;
    else if ('default' in option) values[name] = option.default;
    else if (option.required === true && !argv.includes(`--${name}`)) {
      problems.push(`${optionName(name, option)} is missing.`);
    }
  }
  if (command.argument && argument === undefined) {
    problems.push(`${command.argument.value} is missing.`);
  }
  const help = values['help'] === true;
  if (problems.length > 0 && !help) {
    throw new UsageError(
      `These options cannot be used; see idiolect help ${command.name}.`,
      problems,
    );
  }
  return { help, values: values as ValuesOf<Options>, argument: argument ?? '' };
}

/** "--lr" and "-h", not "-1"; a text that begins with a hyphen is written --prompt=-text. */
function isName(word: string): boolean {
  return /^--?[a-z]/i.test(word);
}

function isMultiple(option: Option): boolean {
  return 'multiple' in option && option.multiple;
}
