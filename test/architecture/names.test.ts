/**
 * Things are named by what they are: a variable, parameter, function, member or type of the program is
 * none of the words below. Keys of object literals are free, for they may be those of a file.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parse } from 'svelte/compiler';
import ts from 'typescript';
import { expect, it } from 'vitest';

const COINED = /^#?(own|told|asked|doers?|speakers?|lab|piece)$/;
/** Declared, because a file of results has this key. */
const KEYS_OF_FILES = ['src/experiment/run/results.ts: own'];

/** Names that a module declares. */
function declared(path: string, text: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const { name } = node as ts.Node & { name?: ts.Node };
    const isKey = ts.isPropertyAssignment(node);
    // `a.name` names nothing anew.
    const isUse = ts.isPropertyAccessExpression(node);
    if (name && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) && !isKey && !isUse) {
      names.push(name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return names;
}

/** Names of a component's script and markup, but for keys and members. */
function inComponent(text: string): string[] {
  const names: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as Record<string, unknown>;
    if (node['type'] === 'Identifier') names.push(String(node['name']));
    const skipped =
      node['type'] === 'MemberExpression' && node['computed'] !== true
        ? 'property'
        : node['type'] === 'Property' && node['computed'] !== true
          ? 'key'
          : undefined;
    for (const [field, child] of Object.entries(node)) if (field !== skipped) visit(child);
  };
  visit(parse(text, { modern: true }));
  return names;
}

function coinedNames(path: string, text: string): string[] {
  const names = path.endsWith('.svelte') ? inComponent(text) : declared(path, text);
  return [...new Set(names.filter((name) => COINED.test(name)))].map((name) => `${path}: ${name}`);
}

it('finds them in modules and components', () => {
  const module = `
    const own = [1].map((told) => told);
    const { piece, kept: lab } = record;
    interface Row { asked: number }
    class Doer { #speaker = 1; doer() {} }
    const fine = { own: file.asked, ownAnswers };`;
  expect(coinedNames('a.ts', module).map((found) => found.slice('a.ts: '.length))).toEqual([
    'own',
    'told',
    'piece',
    'lab',
    'asked',
    '#speaker',
    'doer',
  ]);
  const component = `<script lang="ts">
    const rows = [{ own: 1, kept: record.asked }];
  </script>
  {#each rows as piece (piece.id)}<p>{piece.own}</p>{/each}`;
  expect(coinedNames('a.svelte', component)).toEqual(['a.svelte: piece']);
});

it('the program has none', () => {
  const listed = execFileSync('git', ['ls-files', 'src', 'models', 'workers'], {
    encoding: 'utf8',
  });
  // Files that AssemblyScript compiles are read as TypeScript too.
  const paths = listed.split('\n').filter((path) => /\.(ts|svelte)$/.test(path));
  const found = paths.flatMap((path) => coinedNames(path, readFileSync(path, 'utf8')));
  expect(found.filter((name) => !KEYS_OF_FILES.includes(name))).toEqual([]);
  // An exception that nothing needs any more goes.
  expect(KEYS_OF_FILES.filter((name) => !found.includes(name))).toEqual([]);
});
