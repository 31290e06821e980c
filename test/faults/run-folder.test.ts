/** The folder of `train --out`: a fault at every call of a checkpoint, the end of the process at every call. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { folderCheckpoints, readCheckpoint } from '../../src/cli/run-folder.ts';
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import { noHistory } from '../../src/train/run-history.ts';
import { everyFault } from './every-fault.ts';
import { faultyDisk } from './node-disk.ts';
import { DISK_FAULTS, Plan } from './plan.ts';

const FOLDER = '/run';
const STEPS = [1, 2, 3, 4];

const checkpointAt = (step: number): Checkpoint => ({
  facts: { seed: 1 },
  progress: {
    ...{ step, cursor: { epoch: 0, position: step }, tokensSeen: step, examplesSeen: step },
    ...{ elapsedSeconds: 1, lossSum: 0, lossWeight: 0, gradientNorm: 1, reportedStep: step },
  },
  updates: step,
  parameters: new Map([['a', { shape: [4], values: new Float32Array(4).fill(step) }]]),
  moments: new Map([['a', [new Float32Array(4), new Float32Array(4)]]]),
  history: noHistory,
});

// What it says of a damaged last checkpoint, thousands of times.
beforeAll(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterAll(() => {
  vi.restoreAllMocks();
});

it('what was acknowledged is there, or what came after it', async () => {
  const tally = await everyFault({
    faults: [...DISK_FAULTS, 'short', 'crash'],
    // Training goes on past a checkpoint that could not be written, whatever the reason was.
    plain: () => true,
    prepare: async (root) => {
      await faultyDisk(root, new Plan()).mkdir(FOLDER);
      root.flush();
    },
    sequence: async (root, plan, trace) => {
      const checkpoints = folderCheckpoints(FOLDER, faultyDisk(root, plan));
      for (const step of STEPS) {
        await trace.step(String(step), () => checkpoints.save(checkpointAt(step)));
      }
    },
    check: async (root, { tried, done }) => {
      const calls = faultyDisk(root, new Plan());
      const found = await readCheckpoint(FOLDER, calls);
      const last = Number(done.at(-1) ?? 0);
      const step = found?.progress.step ?? 0;
      if (step < last) throw new Error(`step ${last} was acknowledged, ${step} is there`);
      if (step > 0 && !tried.includes(String(step))) throw new Error(`step ${step} from nowhere`);
      if (found && found.parameters.get('a')!.values[0] !== step) throw new Error('other weights');
      // The folder is as good as a new one.
      await folderCheckpoints(FOLDER, calls).save(checkpointAt(9));
      if ((await readCheckpoint(FOLDER, calls))?.progress.step !== 9) throw new Error('not 9');
    },
  });
  expect(tally.points).toBeGreaterThanOrEqual(30);
  expect(tally.crashes).toBe(tally.points * 8);
  process.stdout.write(`run folder ${JSON.stringify(tally)}\n`);
});
