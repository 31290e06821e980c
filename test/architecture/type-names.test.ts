/** One name, one thing: no exported type, interface, class or enum is defined in two files. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const DEFINITION =
  /^export (?:declare )?(?:abstract )?(?:const )?(?:type|interface|class|enum) ([A-Z]\w*)/gm;

/** Where each name is defined; `export type { Name }` hands one on and defines nothing. */
function definitions(files: readonly (readonly [path: string, text: string])[]) {
  const places = new Map<string, string[]>();
  for (const [path, text] of files) {
    for (const [, name = ''] of text.matchAll(DEFINITION)) {
      places.set(name, [...(places.get(name) ?? []), path]);
    }
  }
  return [...places]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name}: ${paths.join(', ')}`);
}

it('finds a name that is defined twice', () => {
  const found = definitions([
    ['a.ts', 'export interface Row {\n}\nexport type { Other } from "./b.ts";'],
    ['b.ts', 'export type Row = string;\nexport class Other {}'],
  ]);
  expect(found).toEqual(['Row: a.ts, b.ts']);
});

it('every exported type has one definition', () => {
  const listed = execFileSync('git', ['ls-files', 'src', 'models', 'workers'], {
    encoding: 'utf8',
  });
  const paths = listed.split('\n').filter((path) => /\.(ts|svelte)$/.test(path));
  expect(definitions(paths.map((path) => [path, readFileSync(path, 'utf8')]))).toEqual([]);
});
