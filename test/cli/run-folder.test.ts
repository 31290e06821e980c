/** Which checkpoint of a folder a run goes on from, after a kill at any of the calls that write one. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { folderCheckpoints, interrupted, readCheckpoint } from '../../src/cli/run-folder.ts';
import { progressStart, type Checkpoint } from '../../src/train/checkpoint.ts';
import { encodeCheckpoint } from '../../src/train/checkpoint-file.ts';
import { noHistory } from '../../src/train/run-history.ts';

const LAST = 'checkpoint.safetensors';
const PREVIOUS = 'checkpoint.previous.safetensors';
const DRAFT = `${LAST}.new`;

const at = (step: number): Checkpoint => ({
  facts: {},
  progress: { ...progressStart, step },
  updates: step,
  parameters: new Map([['a', { shape: [2], values: Float32Array.of(step, 1) }]]),
  moments: new Map([['a', [new Float32Array(2), new Float32Array(2)]]]),
  history: noHistory,
});

let folder: string;
const path = (name: string) => join(folder, name);
const stepFound = async () => (await readCheckpoint(folder))?.progress.step;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'idiolect-run-'));
  const checkpoints = folderCheckpoints(folder);
  for (const step of [1, 2]) await checkpoints.save(at(step));
});

it('is the last one, also beside one that was being written', async () => {
  expect(await stepFound()).toBe(2);
  writeFileSync(path(DRAFT), (await encodeCheckpoint(at(3))).slice(0, 200));
  expect(await stepFound()).toBe(2);
});

it('is the one that was about to be renamed when the last had gone to its place', async () => {
  writeFileSync(path(DRAFT), await encodeCheckpoint(at(3)));
  renameSync(path(LAST), path(PREVIOUS));
  expect(await stepFound()).toBe(3);
  // Even when the one before is the damaged one that was replaced.
  writeFileSync(path(PREVIOUS), 'damaged');
  expect(await stepFound()).toBe(3);
});

it('is the one before when the last is damaged, and none when both are', async () => {
  writeFileSync(path(LAST), 'damaged');
  expect(await stepFound()).toBe(1);
  writeFileSync(path(PREVIOUS), 'damaged too');
  await expect(stepFound()).rejects.toThrow(new RegExp(`cannot go on[^]*${LAST}[^]*${PREVIOUS}`));
  for (const name of [LAST, PREVIOUS]) rmSync(path(name));
  expect(await stepFound()).toBeUndefined();
});

it('a stop says from where it goes on when its own checkpoint could not be written', () => {
  const ended = { outcome: 'stopped', progress: { ...progressStart, step: 7 } } as const;
  expect(interrupted({ ...ended, saved: 7 }).message).toMatch(/^Interrupted\. Run the same/);
  expect(interrupted({ ...ended, saved: 4 }).message).toContain('continues from step 4');
  expect(interrupted({ ...ended, saved: undefined }).message).toContain('from the first step');
});
