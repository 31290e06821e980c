/**
 * The WGSL of every program as committed text, so that a reviewer sees what a change does to it.
 * After an intended change: npx vitest run --project unit test/ops/wgsl.test.ts -u
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { startWebGpuEngine } from '../../src/engine/webgpu/engine.ts';
import { ops, registerOps } from '../../src/ops/register.ts';
import { definedPrograms } from '../../src/ops/wgsl-program.ts';
import { installFakeGpu } from '../support/fake-gpu.ts';
import { countGpu } from '../support/gpu-counts.ts';
import { kernelCases } from './cases.ts';
import { runCase } from './run-case.ts';

const folder = fileURLToPath(new URL('wgsl/', import.meta.url));

const texts = new Map(
  definedPrograms.flatMap((program) =>
    Object.entries(program.texts()).map(([variant, text]): [string, string] => [
      `${[program.name.replaceAll(' ', '-'), variant].filter(Boolean).join('.')}.wgsl`,
      text,
    ]),
  ),
);

describe('committed text', () => {
  it.each([...texts])('%s', async (file, text) => {
    await expect(text).toMatchFileSnapshot(`wgsl/${file}`);
  });

  it('is there for each variant and for nothing else; a new file is to be read and committed', () => {
    expect(readdirSync(folder).sort()).toEqual([...texts.keys()].sort());
  });
});

describe('programs and kernels', () => {
  beforeAll(async () => {
    installFakeGpu();
    registerOps('webgpu');
    await startWebGpuEngine({ allowSoftware: true });
  });

  it('have names of their own: the name is part of a pipeline’s key', () => {
    const names = definedPrograms.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(ops.map(({ name }) => name)).size).toBe(ops.length);
  });

  it('are all run by a case, so that each is tested for value on every engine', async () => {
    const cases = kernelCases();
    expect([...new Set(cases.map(({ kernel }) => kernel))].sort()).toEqual(
      ops.map(({ name }) => name).sort(),
    );
    const { byProgram } = await countGpu(async () => {
      for (const item of cases) await runCase(item, 'webgpu');
    });
    const names = definedPrograms.map(({ name }) => name);
    expect(names.filter((name) => !(name in byProgram))).toEqual([]);
  });
});
