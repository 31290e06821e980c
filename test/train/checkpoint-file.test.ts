/** A checkpoint as a file: everything comes back, and nothing that was changed on the way is accepted. */
import { beforeAll, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { createRandom } from '../../src/random.ts';
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/train/checkpoint-file.ts';
import { Sha256, sha256Of } from '../../src/storage/sha256.ts';

const NAME = 'checkpoint.safetensors';
const report = {
  ...{ step: 0, totalSteps: 4, epoch: 0, tokensSeen: 0, examplesSeen: 0, tokensPerSecond: 0 },
  ...{ secondsLeft: NaN, memoryBytes: 1, elapsedSeconds: 0.5, loss: NaN, gradientNorm: NaN },
  ...{ learningRate: NaN, validationLoss: Infinity },
};
const question = { id: 'q1', question: 'What is “2 + 2”?\n', gold: '4', answer: '4', right: true };
const checkpoint: Checkpoint = {
  facts: { seed: 42, engine: 'wasm', full: false, '"sha256":"': 'a name like the hash' },
  progress: {
    ...{ step: 2, cursor: { epoch: 1, position: 3 }, tokensSeen: 90, examplesSeen: 6 },
    ...{ elapsedSeconds: 1.5, lossSum: 2.25, lossWeight: 12, gradientNorm: 0.5, reportedStep: 2 },
    validationBefore: 1.25,
  },
  updates: 2,
  parameters: new Map([
    ['a', { shape: [2, 3], values: Float32Array.from([1, -2, 3, 4, 5, 6]) }],
    ['b', { shape: [1], values: Float32Array.of(0.1) }],
  ]),
  moments: new Map([
    ['a', [new Float32Array(6).fill(0.5), new Float32Array(6).fill(0.25)]],
    ['b', [Float32Array.of(1), Float32Array.of(2)]],
  ]),
  history: {
    reports: [report, { ...report, step: 1, loss: 0.75, validationLoss: 0.5 }],
    checks: [{ step: 0, whole: true, answers: [question] }],
  },
};
let bytes: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  bytes = await encodeCheckpoint(checkpoint);
});
const refused = async (changed: Uint8Array<ArrayBuffer>): Promise<string> => {
  const error = await decodeCheckpoint(NAME, changed).then(
    () => new Error('It was accepted.'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DataError);
  expect((error as Error).message).toContain(NAME);
  return (error as Error).message;
};

it('comes back whole, with numbers that JSON does not know', async () => {
  expect(await decodeCheckpoint(NAME, bytes.slice())).toEqual(checkpoint);
  // The bytes that were read are as they were.
  const copy = bytes.slice();
  await decodeCheckpoint(NAME, copy);
  expect(copy).toEqual(bytes);
});

it('lines of its log are what was logged', async () => {
  const { history } = await decodeCheckpoint(NAME, bytes.slice());
  expect(history.reports.map((one) => JSON.stringify(one))).toEqual(
    checkpoint.history.reports.map((one) => JSON.stringify(one)),
  );
});

it('one flipped bit anywhere is found: 3,000 places', async () => {
  const random = createRandom(7);
  for (let i = 0; i < 3000; i++) {
    const changed = bytes.slice();
    changed[random.integer(bytes.length)]! ^= 1 << random.integer(8);
    await refused(changed);
  }
});

it('a file that was cut is found', async () => {
  for (let length = 0; length < bytes.length; length += 37) await refused(bytes.slice(0, length));
  await refused(Uint8Array.of(...bytes, 0));
});

it('what is no checkpoint inside is named, all of it', async () => {
  const { progress } = checkpoint;
  const wrong = {
    ...checkpoint,
    progress: { ...progress, step: 'two', cursor: null },
    history: { reports: [{ ...report, step: 0.5 }], checks: [{ step: -1 }] },
  } as unknown as Checkpoint;
  const message = await refused(await encodeCheckpoint(wrong));
  for (const place of ['progress.step', 'progress.cursor', 'checks.0.step']) {
    expect(message).toContain(place);
  }
});

it('what fits no checkpoint among its tensors is named', async () => {
  const wrong = {
    ...checkpoint,
    history: { reports: [{ ...report, step: 0.5 }], checks: [] },
  };
  expect(await refused(await encodeCheckpoint(wrong))).toContain('history.reports');
});

it('holds a log longer than a header may be', async () => {
  const reports = Array.from({ length: 400_000 }, (_, step) => ({ ...report, step }));
  const history = { reports, checks: [] };
  const long = await encodeCheckpoint({ ...checkpoint, history });
  expect((await decodeCheckpoint(NAME, long)).history.reports.length).toBe(reports.length);
}, 30_000);

it('the platform and our own code give the same hash', async () => {
  expect(await sha256Of(bytes)).toBe(new Sha256().update(bytes).hex());
});
