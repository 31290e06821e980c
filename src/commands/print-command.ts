/** Option values → the line that a person types: what is at its default is left out. */
import type { Command, Option, ValuesOf } from './option.ts';
import type { SettingGroup } from './setting-tables.ts';
import { shellWord } from './shell-word.ts';

export type PrintedValues<C extends Command> = {
  [Name in keyof C['options']]?: ValuesOf<C['options']>[Name] | undefined;
};

/** For a POSIX shell, one option a line. */
export function printCommand<C extends Command>(
  command: C,
  values: PrintedValues<C>,
  argument?: string,
): string {
  const options = Object.entries<Option>(command.options).flatMap(([name, option]) => {
    const value = (values as Record<string, unknown>)[name];
    const usual = 'default' in option ? option.default : undefined;
    return value === undefined || value === false || value === usual
      ? []
      : [written(name, option, value)];
  });
  const start = [
    'npm run',
    command.name,
    '--',
    ...(argument === undefined ? [] : [path(argument)]),
  ];
  return [start.join(' '), ...options].join(' \\\n  ');
}

/** The values of all options of a command that set one of these settings. */
export function settingValues<C extends Command>(
  { options }: C,
  settings: Partial<Record<SettingGroup, object>>,
): PrintedValues<C> {
  const found = Object.entries<Option>(options).flatMap(([name, { setting }]) => {
    if (setting === undefined) return [];
    const group = settings[setting.group] as Record<string, unknown> | undefined;
    return group === undefined ? [] : [[name, group[setting.name]] as const];
  });
  return Object.fromEntries(found) as PrintedValues<C>;
}

function written(name: string, option: Option, value: unknown): string {
  if (option.kind === 'switch') return `--${name}`;
  const values = (Array.isArray(value) ? value : [value]).map(String);
  if (option.kind === 'path') return [`--${name}`, ...values.map(path)].join(' ');
  // A value that begins like an option is tied to its own.
  const tied = values.filter((text) => text.startsWith('-'));
  const others = values.filter((text) => !text.startsWith('-'));
  return [
    ...(others.length > 0 ? [`--${name}`, ...others.map(shellWord)] : []),
    ...tied.map((text) => shellWord(`--${name}=${text}`)),
  ].join(' ');
}

/** A path that begins like an option is one of this folder. */
const path = (text: string): string => shellWord(text.startsWith('-') ? `./${text}` : text);
