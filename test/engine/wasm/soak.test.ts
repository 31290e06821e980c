/** Training on the CPU engine with answers of many lengths: its memory stops growing, and is given back. */
import { beforeAll, expect, it } from 'vitest';
import { engineMemory } from '../../../src/engine/memory.ts';
import { train } from '../../../src/train/train.ts';
import { startEngine } from '../../support/engines.ts';
import { tinyExamples, tinyModel, tinyRun } from '../../support/tiny-training.ts';
import { quietHost } from '../../support/training.ts';

const STEPS = 300;
const SETTLED = 50;

beforeAll(() => startEngine('wasm'));

/** Bytes taken from the machine and in use before each step; everything is disposed in the end. */
async function run(steps: number): Promise<{ taken: number[]; used: number[] }> {
  const model = await tinyModel();
  const settings = { steps, batchSize: 6, evaluateEvery: steps };
  const { job, adapter } = tinyRun(model, settings, {}, { examples: tinyExamples(60, 9, 62) });
  const taken: number[] = [];
  const used: number[] = [];
  const host = quietHost({
    breathe: () => {
      const { bytes, usedBytes } = engineMemory();
      taken.push(bytes);
      used.push(usedBytes);
      return Promise.resolve();
    },
  });
  const training = train(job, host);
  while (!(await training.next()).done);
  adapter.dispose();
  model.dispose();
  return { taken, used };
}

it(`takes no more from the machine after ${SETTLED} of ${STEPS} steps, and frees what it used`, async () => {
  const { taken, used } = await run(STEPS);
  expect(taken).toHaveLength(STEPS);
  expect(new Set(taken.slice(SETTLED))).toEqual(new Set([taken[SETTLED]]));
  expect(new Set(used.slice(SETTLED))).toEqual(new Set([used[SETTLED]]));
  // What stays is the threads' own scratch memory, of the size the longest answers needed.
  const left = engineMemory().usedBytes;
  await run(SETTLED);
  expect(engineMemory().usedBytes).toBe(left);
});
