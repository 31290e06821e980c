/** The example files are valid as they stand, are all explained, and show every kind of thing. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { planExperiment } from '../../src/experiment/spec/plan.ts';
import { presets } from '../../src/experiment/spec/presets.ts';
import { parseExperiment, readExperiment } from '../../src/experiment/spec/schema.ts';

const folder = 'docs/experiments';
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const examples = names.map((name) =>
  parseExperiment(readFileSync(`${folder}/${name}`, 'utf8'), name),
);

it.each(examples)('$name can be planned', (example) => {
  expect(planExperiment(example).filter(({ kind }) => kind === 'run').length).toBeGreaterThan(2);
  expect(example.description).not.toBe('');
});

it('are named in their README, as they are named inside', () => {
  const readme = readFileSync(`${folder}/README.md`, 'utf8');
  const named = [...readme.matchAll(/^\| `([^`]+\.json)`/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(names.sort());
  expect(examples.map(({ name }) => `${name}.json`).sort()).toEqual(names);
});

it('show every kind of set that a file can ask for', () => {
  const shown = new Set(examples.flatMap(({ sets }) => sets.map(({ kind }) => kind)));
  let problem = '';
  try {
    readExperiment({ ...presets.quick, sets: [{ id: 'x', kind: 'none' }] }, 'x');
  } catch (error) {
    problem = (error as { problems: string[] }).problems.join();
  }
  const kinds = [...problem.matchAll(/"([a-z-]+)"/g)].map(([, kind]) => kind);
  expect(kinds).toContain('written');
  for (const kind of kinds.filter((kind) => kind !== 'none')) expect([...shown]).toContain(kind);
});

it('is shown in the README of the project as it is read', () => {
  const readme = readFileSync('README.md', 'utf8');
  const [, json] = /```json\n([\s\S]*?)```/.exec(readme)!;
  expect(parseExperiment(json!, 'README').sets).toHaveLength(2);
});
