import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DataError, ModelFileError } from '../src/errors.ts';
import { parseJson, sizeProblem } from '../src/json-text.ts';

it('counts keys and values as they are, whatever the texts hold', () => {
  const count = (value: unknown): { keys: number; values: number } => {
    if (typeof value !== 'object' || value === null) return { keys: 0, values: 1 };
    const inner = Object.values(value).map(count);
    const sum = (key: 'keys' | 'values') => inner.reduce((total, each) => total + each[key], 0);
    const keys = Array.isArray(value) ? 0 : Object.keys(value).length;
    return { keys: keys + sum('keys'), values: 1 + sum('values') };
  };
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value: unknown = JSON.parse(text);
      const { keys, values } = count(value);
      expect(parseJson(text, 'x.json')).toEqual(value);
      expect(sizeProblem(text, { keys })).toBeUndefined();
      if (keys > 0) expect(sizeProblem(text, { keys: keys - 1 })).toContain('keys');
      // An empty list or object counts as if it held something.
      expect(sizeProblem(text, { values: 2 * values })).toBeUndefined();
    }),
    { seed: 13 },
  );
});

it('refuses a text of three million keys and one of deep brackets before building them', () => {
  const keys = `{${Array.from({ length: 3e6 }, (_, i) => `"${i}":0`).join()}}`;
  const start = performance.now();
  expect(() => parseJson(keys, 'config.json')).toThrow(
    'config.json: the JSON has 3,000,000 keys; at most 1,000,000 are read.',
  );
  expect(() => parseJson('['.repeat(1e6), 'config.json')).toThrow(ModelFileError);
  expect(performance.now() - start).toBeLessThan(1500);
});

it('lists the first of many problems and clips long ones', () => {
  const error = new DataError(
    'Broken.',
    Array.from({ length: 1e5 }, () => 'x'.repeat(5000)),
  );
  expect(error.message.length).toBeLessThan(250_000);
  expect(error.problems).toHaveLength(101);
  expect(error.problems.at(-1)).toBe('… and 99900 more.');
});
