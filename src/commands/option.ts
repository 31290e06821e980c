/**
 * A command's options as data. From these tables come the parser, `--help`, docs/commands.md and the
 * commands that the page prints, so that an option is described once. Plain data: no Node, no tensors.
 */
import type { Field } from '../fields.ts';
import type { SettingPlace } from './setting-tables.ts';

interface Common {
  /** Plain sentences: what it does. */
  help: string;
  /** The heading in `--help` under which it stands. */
  section?: string;
  required?: boolean;
  /** What happens when it is left out and no fixed value takes its place. */
  otherwise?: string;
  /** The setting that it sets. */
  setting?: SettingPlace;
}

export interface NumberOption extends Common {
  kind: 'number';
  /** Stands for the value in `--help`. */
  value: string;
  min: number;
  /** No bound when absent. */
  max?: number;
  integer?: boolean;
  unit?: string;
  default?: number;
}

export interface ChoiceOption<Choice extends string = string> extends Common {
  kind: 'choice';
  /** value → what it means, in a few words; '' where the value says it */
  choices: Readonly<Record<Choice, string>>;
  default?: Choice;
}

/** There or not. */
export interface SwitchOption extends Common {
  kind: 'switch';
}

export interface TextOption extends Common {
  kind: 'text';
  value: string;
  default?: string;
  /** Takes several: `--exclude q1 q2`. */
  multiple?: boolean;
}

/** A file or folder, as the person wrote it. */
export interface PathOption extends Common {
  kind: 'path';
  value: string;
  default?: string;
  /** Takes several: `--responses a.jsonl b.jsonl`. */
  multiple?: boolean;
}

export type Option = NumberOption | ChoiceOption | SwitchOption | TextOption | PathOption;
export type Options = Readonly<Record<string, Option>>;

export interface Command {
  name: string;
  /** One line for the list of commands. */
  title: string;
  /** What it does, for the top of its help. */
  summary: string;
  /** What comes without an option's name, and is always needed. */
  argument?: { value: string; help: string };
  options: Options;
  /** Lines as they are typed, `idiolect` left out, each with what it does. */
  examples: readonly { line: string; does: string }[];
}

type Absent<O> = O extends { default: unknown } | { required: true } ? never : undefined;

type ValueOf<O> = O extends { kind: 'switch' }
  ? boolean
  : O extends { kind: 'number' }
    ? number | Absent<O>
    : O extends { kind: 'choice'; choices: infer Choices }
      ? (keyof Choices & string) | Absent<O>
      : O extends { multiple: true }
        ? readonly string[]
        : string | Absent<O>;

/** What a table of options reads as. */
export type ValuesOf<Table extends Options> = { [Name in keyof Table]: ValueOf<Table[Name]> };

type OptionOf<F extends Field> = F extends { kind: 'number' }
  ? NumberOption & { default: number }
  : F extends { kind: 'choice'; choices: infer Choices }
    ? ChoiceOption<keyof Choices & string> & { default: keyof Choices & string }
    : SwitchOption;

/** A field of the form as an option: its words, bounds, choices and default. */
export function fieldOption<F extends Field>(field: F, more: Partial<Common> = {}): OptionOf<F> {
  const common = { help: `${field.label}. ${field.help}`, ...more };
  return optionFrom(field, common) as OptionOf<F>;
}

function optionFrom(field: Field, common: Common): Option {
  switch (field.kind) {
    case 'switch':
      return { ...common, kind: 'switch' };
    case 'choice':
      return { ...common, kind: 'choice', choices: field.choices, default: field.default };
    case 'number': {
      const { min, max, integer, unit, default: usual } = field;
      return {
        ...common,
        kind: 'number',
        value: integer === true ? 'N' : 'X',
        min,
        max,
        default: usual,
        ...(integer !== undefined && { integer }),
        ...(unit !== undefined && { unit }),
      };
    }
  }
}

/** The same option without a fixed default. */
export function withoutDefault<O extends Option & { default?: unknown }>(
  { default: _, ...rest }: O,
  otherwise: string,
): Omit<O, 'default'> & { otherwise: string } {
  return { ...rest, otherwise };
}
