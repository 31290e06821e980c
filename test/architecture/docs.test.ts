/** Paths that the documents name are there, and so is every link. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const documents = [
  'README.md',
  'src/README.md',
  'src/ops/README.md',
  'docs/glossary.md',
  'docs/experiments/README.md',
  'docs/tables.md',
  'docs/conversations.md',
  'docs/files.md',
  'docs/commands.md',
];

it.each(documents)('%s names what is there', (document) => {
  const text = readFileSync(document, 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to]) =>
    join(dirname(document), to!),
  );
  const paths = [
    ...text.matchAll(/`((?:src|models|workers|public|examples|docs)\/[\w./-]+)`/g),
  ].map(([, path]) => path!);
  expect([...links, ...paths].filter((path) => !existsSync(path))).toEqual([]);
});
