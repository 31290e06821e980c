/** Settings as data: label, help, bounds and default in one object, from which forms, checks and defaults derive. */

export interface NumberField {
  kind: 'number';
  /** A student's words. */
  label: string;
  /** The field's term and what it does; shown as a tooltip. */
  help: string;
  default: number;
  min: number;
  max: number;
  integer?: boolean;
  unit?: string;
}

export interface ChoiceField<Choice extends string = string> {
  kind: 'choice';
  label: string;
  help: string;
  default: Choice;
  /** value → how it reads on the page */
  choices: Readonly<Record<Choice, string>>;
}

export interface SwitchField {
  kind: 'switch';
  label: string;
  help: string;
  default: boolean;
}

export type Field = NumberField | ChoiceField | SwitchField;
export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F> = F extends NumberField
  ? number
  : F extends SwitchField
    ? boolean
    : F extends { kind: 'choice'; choices: infer Choices }
      ? keyof Choices & string
      : never;

/** The settings object that a table of fields describes. */
export type SettingsOf<Table extends Fields> = { [Name in keyof Table]: ValueOf<Table[Name]> };

export function defaultsOf<Table extends Fields>(fields: Table): SettingsOf<Table> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.default]),
  ) as SettingsOf<Table>;
}

/** "a whole number from 1 to 256" */
export function rangeText({
  min,
  max,
  integer,
}: {
  min: number;
  max?: number;
  integer?: boolean;
}): string {
  const what = integer === true ? 'a whole number' : 'a number';
  return max === undefined ? `${what} from ${min}` : `${what} from ${min} to ${max}`;
}

/** Every problem with the settings, as sentences; empty when they are fine. */
export function problemsOf(fields: Fields, settings: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  for (const name of Object.keys(settings)) {
    if (!(name in fields)) problems.push(`${name}: no such setting.`);
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = settings[name];
    if (field.kind === 'number') {
      const fits =
        typeof value === 'number' &&
        value >= field.min &&
        value <= field.max &&
        (field.integer !== true || Number.isInteger(value));
      if (!fits) {
        problems.push(`${name}: expected ${rangeText(field)}, got ${String(value)}.`);
      }
    } else if (field.kind === 'switch') {
      if (typeof value !== 'boolean')
        problems.push(`${name}: expected true or false, got ${String(value)}.`);
    } else if (typeof value !== 'string' || !(value in field.choices)) {
      const choices = Object.keys(field.choices).join(', ');
      problems.push(`${name}: expected one of ${choices}, got ${String(value)}.`);
    }
  }
  return problems;
}
