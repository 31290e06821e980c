import { expect, test } from 'vitest';
import { GpuUnavailableError, ModelFileError } from '../../src/errors.ts';
import { connectFake } from '../support/fake-trainer.ts';
import { tinyApp } from '../support/tiny-app.ts';

test('opening starts the engine, tells how far it is, and ends with a summary', async () => {
  const { model, activity } = tinyApp();
  const opening = model.open();
  expect(model.opening.running).toBe(true);
  expect(activity.job?.name).toBe('Opening the model');
  await opening;
  expect(model.summary?.id).toBe('idiolect-a');
  expect(model.engine?.name).toBe('wasm');
  expect(activity.job).toBeUndefined();
});

test('a failure stands with the job and leaves no model open', async () => {
  const openError = new ModelFileError('config.json is missing.');
  const { model } = tinyApp({ connect: () => connectFake({ openError }) });
  await model.open();
  expect(model.opening.error).toBe(openError);
  expect(model.summary).toBeUndefined();
});

test('a model that cannot be opened leaves the open one open', async () => {
  const failure = new ModelFileError('config.json is missing.');
  let fails = false;
  const openError = () => (fails ? failure : undefined);
  const { model } = tinyApp({ connect: () => connectFake({ openError }) });
  await model.open();
  const { openedAs } = model;
  fails = true;
  model.kind = 'hub';
  model.hubId = 'owner/broken';
  await model.open();
  expect(model.opening.error).toBe(failure);
  expect(model.wantedName).toBe('owner/broken');
  expect(model.summary?.id).toBe('idiolect-a');
  expect(model.openedAs).toEqual(openedAs);
  fails = false;
  await model.tryAgain();
  expect(model.summary?.id).toBe('owner/broken');
});

test('a stopped download leaves the open model open', async () => {
  const { model } = tinyApp();
  await model.open();
  model.embeddedId = 'idiolect-b';
  const opening = model.open();
  expect(model.summary?.id).toBe('idiolect-a');
  await model.opening.stop();
  await opening;
  expect(model.summary?.id).toBe('idiolect-a');
  expect(model.opening.error).toBeUndefined();
});

test('an engine that cannot start leaves the one that runs, with its model', async () => {
  const engineError = new GpuUnavailableError('There is no adapter.');
  const { model } = tinyApp({ connect: () => connectFake({ engineError }) });
  await model.open();
  model.engineChoice = 'webgpu';
  await model.open();
  expect(model.opening.error).toBe(engineError);
  expect(model.engine?.name).toBe('wasm');
  expect(model.summary?.id).toBe('idiolect-a');
});

test('stopping ends the job without an error', async () => {
  const { model } = tinyApp();
  const opening = model.open();
  await model.opening.stop();
  await opening;
  expect(model.opening.status).toEqual({ kind: 'idle' });
  expect(model.summary).toBeUndefined();
});

test('two jobs never run at once', async () => {
  const { model, familiarity, answers } = tinyApp();
  await answers.loadExamples();
  await model.open();
  const again = model.open();
  expect(familiarity.measuring.waitsFor).toBe('Opening the model');
  await familiarity.measure();
  expect(familiarity.hasResults).toBe(false);
  await again;
});

test('a name on the Hub may carry a revision, and must have an owner', () => {
  const { model } = tinyApp();
  model.kind = 'hub';
  model.hubId = 'gpt2';
  expect(model.problem).toContain('owner/name');
  model.hubId = 'owner/name@refs/pr/1';
  model.hubUrl = 'http://localhost:8000/';
  expect(model.source()).toEqual({
    kind: 'hub',
    id: 'owner/name',
    revision: 'refs/pr/1',
    baseUrl: 'http://localhost:8000',
  });
});

test('a lost worker says so and the model can be opened again', async () => {
  const { model, client } = tinyApp();
  await model.open();
  client.terminate(new Error('out of memory'));
  expect(model.summary).toBeUndefined();
  expect(model.lost?.message).toBe('out of memory');
  await model.openAgain();
  expect(model.lost).toBeUndefined();
  expect(model.summary?.id).toBe('idiolect-a');
});

test('how weights are held is in the address and reaches the engine', async () => {
  const { model } = tinyApp({ settings: 'precision=int8' });
  await model.open();
  expect(model.summary?.format).toBe('int8');
  expect(model.addressed['precision']).toBe('int8');
  expect(tinyApp({ settings: 'precision=int3' }).model.precision).toBe('as-stored');
});
