/** The folder of an experiment: whole files, and no mixing of results. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { earlierExperiment, openResultFolder } from '../../src/cli/result-folder.ts';
import { DataError } from '../../src/errors.ts';
import { presetExperiment } from '../../src/experiment/spec/presets.ts';
import type { RunResult } from '../../src/experiment/run/results.ts';

const experiment = presetExperiment('quick');
const result = { kind: 'run', id: 'run.m.a.seed-1', learningRate: 0.1 + 0.2 } as RunResult;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'results-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('result folder', () => {
  it('gives back what was written, to the last bit', async () => {
    const store = await openResultFolder(folder, experiment, 'one');
    expect(await store.read(result.id)).toBeUndefined();
    await store.write(result);
    const again = await openResultFolder(folder, experiment, 'one');
    expect(await again.read(result.id)).toEqual(result);
    expect(await readdir(join(folder, 'pieces'))).toEqual([`${result.id}.json`]);
    const file = JSON.parse(await readFile(join(folder, 'experiment.json'), 'utf8')) as unknown;
    expect(file).toEqual(experiment);
  });

  it('does not write over results unasked', async () => {
    const store = await openResultFolder(folder, experiment, 'one');
    await store.write(result);
    const [fresh, resume] = [false, true].map((resume) => ({ resume, overwrite: false }));
    await expect(earlierExperiment(folder, fresh!)).rejects.toThrow(/--resume/);
    expect(await earlierExperiment(folder, resume!)).toEqual([]);
  });

  it('does not go on with results of other settings', async () => {
    const store = await openResultFolder(folder, experiment, 'one');
    await store.write(result);
    await expect(openResultFolder(folder, experiment, 'two')).rejects.toThrow(DataError);
  });
});
