/** The generated pages are what their sources give now, and every key of a file is shown somewhere. */
import { readFileSync, readdirSync } from 'node:fs';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { commandsPage, keysPage } from '../../src/cli/reference-pages.ts';
import { commands } from '../../src/commands/commands.ts';
import { experimentKeys } from '../../src/experiment/spec/key-reference.ts';

it.each([
  ['docs/commands.md', commandsPage],
  ['docs/experiments/keys.md', keysPage],
])('%s is current (else: npm run docs)', async (path, page) => {
  const text = await format(page(), { parser: 'markdown', printWidth: 100 });
  expect(readFileSync(path, 'utf8')).toBe(text);
});

it('every key has a type and a meaning', () => {
  const rows = experimentKeys().flatMap(({ title, rows }) =>
    rows.map((row) => ({ title, ...row })),
  );
  expect(rows.length).toBeGreaterThan(90);
  for (const { title, key, type, meaning } of rows) {
    expect(type, `${title} ${key}`).not.toMatch(/undefined|^$/);
    if (key !== 'kind') expect(meaning, `${title} ${key}`).toMatch(/^[\S].*[.?!]$/s);
  }
});

it('every key stands in an example file', () => {
  const folder = 'docs/experiments';
  const shown = new Set<string>();
  const collect = (place: string, value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach((item) => collect(`${place}[]`, item));
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const { kind } = value as { kind?: string };
    const title = kind === undefined ? place : `${place}, kind ${kind}`;
    for (const [key, item] of Object.entries(value)) {
      shown.add(`${title}: ${key}`);
      // Both say how answers are found, in the same words.
      const name = key === 'retentionAnswers' ? 'answers' : key;
      collect(place === 'The file' ? name : `${place}.${name}`, item);
    }
  };
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    collect('The file', JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')));
  }
  const keys = experimentKeys().flatMap(({ title, rows }) =>
    rows.map(({ key }) => `${title}: ${key}`),
  );
  expect(keys.filter((key) => !shown.has(key))).toEqual([]);
});

it('the README names every command', () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const name of Object.keys(commands)) expect(readme).toContain(`idiolect ${name}`);
});
