/** Small parts of the experiment file’s schema. */
import * as v from 'valibot';

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
