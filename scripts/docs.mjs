/**
 * Writes what is documented from data: docs/commands.md from the option tables, docs/experiments/keys.md
 * from the schema. A test compares both with what this would write.
 */
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { commandsPage, keysPage } from '../src/cli/reference-pages.ts';

for (const [path, text] of [
  ['docs/commands.md', commandsPage()],
  ['docs/experiments/keys.md', keysPage()],
]) {
  writeFileSync(path, await format(text, { parser: 'markdown', printWidth: 100 }));
}
