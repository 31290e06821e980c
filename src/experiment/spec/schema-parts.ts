/** Parts of the experiment file’s schema, and how its problems read in plain words. */
import * as v from 'valibot';
import { rangeText, type Field, type Fields, type SettingsOf } from '../../fields.ts';

/** Names files and rows: small letters, digits and hyphens. */
export const slug = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9.-]*$/, 'expected small letters, digits, points and hyphens'),
);

export const count = (min: number, max: number) =>
  v.pipe(
    v.number(),
    v.integer('expected a whole number'),
    v.minValue(min, `expected at least ${min}`),
    v.maxValue(max, `expected at most ${max}`),
  );

export const distinct = <Item>(what: string) =>
  v.check<Item[], string>((items) => new Set(items).size === items.length, `${what} are repeated`);

/** The settings of a table of fields; what is left out takes its default. */
export function settingsSchema<Table extends Fields>(
  fields: Table,
): v.GenericSchema<Partial<SettingsOf<Table>>, SettingsOf<Table>> {
  const entries = Object.entries(fields).map(([name, field]) => [
    name,
    v.optional(fieldSchema(field), field.default),
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
      return v.pipe(v.number(), v.check(fits, range));
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
