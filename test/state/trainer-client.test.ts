import { expect, test } from 'vitest';
import { ModelFileError, StoppedError, TrainingDivergedError } from '../../src/errors.ts';
import { revive, TrainerClient, WorkerLostError } from '../../src/state/trainer-client.ts';
import type { Connection } from '../../src/state/trainer-client.ts';
import { fakeTrainer } from '../support/fake-trainer.ts';

/** A worker whose measuring never ends, and which can be made to die. */
function deafWorker() {
  let started = 0;
  let ended = 0;
  let fail: (reason: Error) => void = () => undefined;
  const connect = (): Connection => {
    started++;
    const api = { ...fakeTrainer(), measure: () => new Promise<never>(() => undefined) };
    return {
      api,
      onfailure: (listener) => (fail = listener),
      terminate: () => {
        ended++;
      },
    };
  };
  return {
    connect,
    counts: () => ({ started, ended }),
    fail: (reason: Error) => fail(reason),
  };
}
const request = {
  sets: [],
  prompt: { useChatTemplate: false, plainTemplate: '{question}' },
  familiarity: { encoding: 'separate', batchTokens: 64, maxLength: 64 },
} as const;

test('ending the worker rejects the calls that wait, and the next call starts another', async () => {
  const worker = deafWorker();
  const client = new TrainerClient(worker.connect);
  const lost: Error[] = [];
  client.onlost((reason) => lost.push(reason));
  const waiting = client.api.measure({ ...request, sets: [] }, () => Promise.resolve());
  client.terminate();
  await expect(waiting).rejects.toBeInstanceOf(StoppedError);
  expect(lost).toHaveLength(1);
  await client.api.storage();
  expect(worker.counts()).toEqual({ started: 2, ended: 1 });
});

test('a worker that dies rejects with the reason', async () => {
  const worker = deafWorker();
  const client = new TrainerClient(worker.connect);
  const waiting = client.api.measure({ ...request, sets: [] }, () => Promise.resolve());
  worker.fail(new WorkerLostError('The worker stopped: out of memory.'));
  await expect(waiting).rejects.toThrow('out of memory');
});

test('errors come back as the class they were thrown as, with their problems', () => {
  const thrown = new ModelFileError('model.safetensors is broken.', ['tensor a', 'tensor b']);
  const crossed = Object.assign(new Error(thrown.message), { name: thrown.name });
  const revived = revive(crossed);
  expect(revived).toBeInstanceOf(ModelFileError);
  expect((revived as ModelFileError).problems).toEqual(['tensor a', 'tensor b']);
  expect(revived.message).toBe(thrown.message);
});

test('facts of a class that crossed are put back', () => {
  const crossed = Object.assign(new Error('The loss is NaN.'), {
    name: 'TrainingDivergedError',
    step: 7,
    batch: 2,
  });
  const revived = revive(crossed);
  expect(revived).toBeInstanceOf(TrainingDivergedError);
  expect(revived).toMatchObject({ step: 7, batch: 2 });
});

test('an error nobody knows stays what it is', () => {
  const error = new RangeError('no');
  expect(revive(error)).toBe(error);
});
