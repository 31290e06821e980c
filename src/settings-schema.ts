/** Tables of fields as valibot schemas, and what is wrong with a file in plain words. */
import * as v from 'valibot';
import { rangeText, type Field, type Fields, type SettingsOf } from './fields.ts';

/** The schema with its meaning in plain sentences, from which the reference of all keys is made. */
export function about<Schema extends v.GenericSchema>(schema: Schema, meaning: string) {
  return v.pipe(schema, v.description(meaning));
}

/** The settings of a table of fields; what is left out takes its default. */
export function settingsSchema<Table extends Fields>(
  fields: Table,
): v.GenericSchema<Partial<SettingsOf<Table>>, SettingsOf<Table>> {
  const entries = Object.entries(fields).map(([name, field]) => [
    name,
    v.optional(about(fieldSchema(field), `${field.label}. ${field.help}`), field.default),
  ]);
  return v.strictObject(
    Object.fromEntries(entries) as v.ObjectEntries,
  ) as unknown as v.GenericSchema<Partial<SettingsOf<Table>>, SettingsOf<Table>>;
}

function fieldSchema(field: Field): v.GenericSchema {
  switch (field.kind) {
    case 'switch':
      return v.boolean();
    case 'choice':
      return v.picklist(Object.keys(field.choices));
    case 'number': {
      const { min, max, integer } = field;
      const range = `expected ${rangeText(field)}`;
      const fits = (value: number) =>
        value >= min && value <= max && (integer !== true || Number.isInteger(value));
      return v.pipe(v.number(), v.check(fits, range), v.metadata({ type: rangeText(field) }));
    }
  }
}

/** "training.steps: expected …, got …". */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue) ?? 'the file';
  if (issue.kind === 'schema' && issue.expected === 'never') return `${place}: no such key.`;
  const got = issue.kind === 'schema' ? issue.received : JSON.stringify(issue.input);
  if (got === 'undefined') return `${place}: is missing.`;
  const expected =
    issue.kind === 'schema' ? `expected ${words(issue.expected ?? '')}` : issue.message;
  return `${place}: ${expected}, got ${got}.`;
}

/** valibot writes `("a" | "b")` and `Array`. */
const words = (expected: string): string =>
  expected
    .replace(/^\(|\)$/g, '')
    .replaceAll(' | ', ' or ')
    .replace('Array', 'a list')
    .replace('Object', 'an object');
