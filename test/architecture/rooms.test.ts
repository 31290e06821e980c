/** The rules of who may import whom do fire: violations are planted, in text only, and refused. */
import { ESLint } from 'eslint';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const RULE = '@typescript-eslint/no-restricted-imports';
const eslint = new ESLint({
  // This rule needs no types, and files that exist only here have none.
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  ruleFilter: ({ ruleId }) => ruleId === RULE,
});

async function refusals(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: file });
  const { messages } = result!;
  expect(messages.filter(({ fatal }) => fatal)).toEqual([]);
  return messages.filter(({ ruleId }) => ruleId === RULE).map(({ message }) => message);
}

describe('a planted import', () => {
  it.each([
    ['src/data/planted.ts', "import { linear } from '../ops/linear/linear.ts';", 'src/ops'],
    ['src/storage/planted.ts', "import { train } from '../train/train.ts';", 'src/train'],
    ['src/train/planted.ts', "import { runCommand } from '../cli/run-command.ts';", 'src/cli'],
    ['src/state/planted.svelte.ts', "import { train } from '../train/train.ts';", 'src/train'],
    [
      'src/plots/planted.ts',
      "import { AppState } from '../state/app-state.svelte.ts';",
      'src/state',
    ],
    ['src/ops/planted.ts', "import { loadModel } from '../../models/load.ts';", 'models'],
    ['src/ui/planted.ts', "import { add } from '@tensorflow/tfjs-core';", 'tfjs'],
    ['src/ui/planted.ts', "import type { Tensor } from '@tensorflow/tfjs-core';", 'tfjs'],
    ['src/state/planted.ts', "import '@tensorflow/tfjs-backend-cpu';", 'tfjs'],
    ['src/train/planted.ts', "import { mount } from 'svelte';", 'Svelte'],
    ['workers/planted.ts', "import { theme } from '../src/state/theme.svelte.ts';", 'src/state'],
  ])('in %s of %s is refused', async (file, code, room) => {
    const found = await refusals(file, code);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(room);
  });

  it.each([
    ['src/ui/planted.ts', "import type { TrainerApi } from '../../workers/protocol.ts';"],
    ['src/ui/planted.ts', "import { trainingFields } from '../train/config.ts';"],
    ['src/train/planted.ts', "import { linear } from '../ops/linear/linear.ts';"],
    ['src/cli/planted.ts', "import { train } from '../train/train.ts';"],
  ])('in %s of %s is allowed', async (file, code) => {
    expect(await refusals(file, code)).toEqual([]);
  });

  it('of a value is refused where only types may pass', async () => {
    const found = await refusals(
      'src/ui/planted.ts',
      "import { createTrainer } from '../../workers/trainer-service.ts';",
    );
    expect(found.join()).toContain('workers but for types');
  });
});

describe('the check for circles', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: { cycles: string };
  };
  // The command of `npm run check`, on other files.
  const flags = scripts.cycles
    .split(' ')
    .filter((word) => word.startsWith('-') || word.includes(':'));

  function check(files: Record<string, string>): number | null {
    const folder = mkdtempSync(join(tmpdir(), 'idiolect-circles-'));
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
    const paths = Object.keys(files).map((name) => join(folder, name));
    return spawnSync('npx', ['dpdm', ...flags, ...paths], { encoding: 'utf8' }).status;
  }

  it('fails for a planted circle and for nothing less', () => {
    const a = "import { b } from './b.ts';\nexport const a = () => b;";
    const b = "import { a } from './a.ts';\nexport const b = () => a;";
    expect(check({ 'a.ts': a, 'b.ts': b })).toBe(1);
    expect(check({ 'a.ts': a, 'b.ts': 'export const b = 1;' })).toBe(0);
  });
});
