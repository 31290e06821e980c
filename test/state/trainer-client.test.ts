import { expect, test } from 'vitest';
import { expose, wrap } from 'comlink';
import * as errors from '../../src/errors.ts';
import { ModelFileError, StoppedError, TrainingDivergedError } from '../../src/errors.ts';
import { revive, TrainerClient, WorkerLostError } from '../../src/state/trainer-client.ts';
import type { Connection } from '../../src/state/trainer-client.ts';
import { sendErrorsWhole } from '../../workers/whole-errors.ts';
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
  familiarity: { encoding: 'separate', lossOn: 'last-assistant', batchTokens: 64, maxLength: 64 },
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

test('errors cross as the class they were thrown as, with every fact of it', async () => {
  sendErrorsWhole();
  const { port1, port2 } = new MessageChannel();
  const thrown = [
    new ModelFileError('model.safetensors is broken.', ['tensor a', 'tensor b']),
    new TrainingDivergedError('The loss is NaN.', 7, 2, ['Step 6 is back.']),
  ];
  expose({ fail: (i: number) => Promise.reject(thrown[i]!) }, port1);
  const remote = wrap<{ fail: (i: number) => Promise<unknown> }>(port2);
  const crossed = async (i: number) =>
    revive(await remote.fail(i).catch((error: unknown) => error));
  const [broken, diverged] = [await crossed(0), await crossed(1)];
  expect(broken).toBeInstanceOf(ModelFileError);
  expect(broken).toMatchObject({ message: thrown[0]!.message, problems: ['tensor a', 'tensor b'] });
  expect(diverged).toBeInstanceOf(TrainingDivergedError);
  expect(diverged).toMatchObject({ step: 7, batch: 2, problems: ['Step 6 is back.'] });
  port1.close();
  port2.close();
});

test('every error names itself, whatever a minifier calls its class', () => {
  for (const [name, ErrorClass] of Object.entries(errors)) {
    class Renamed extends (ErrorClass as unknown as new (summary: string) => Error) {}
    expect(new Renamed('x').name).toBe(name);
  }
});

test('an error nobody knows stays what it is', () => {
  const error = new RangeError('no');
  expect(revive(error)).toBe(error);
});
