import { zipSync } from 'fflate';
import { beforeEach, expect, test } from 'vitest';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { NONE } from '../../src/state/playground.svelte.ts';
import type { GenerateRequest, TrainerApi } from '../../workers/protocol.ts';
import { fakeTrainer } from '../support/fake-trainer.ts';
import { tinyApp } from '../support/tiny-app.ts';

let app: AppState;
let requests: GenerateRequest[];
let loaded: string[];
let imported: string[][];
beforeEach(async () => {
  requests = [];
  loaded = [];
  imported = [];
  const usual = fakeTrainer();
  const api: TrainerApi = {
    ...usual,
    generate: (request, report) => {
      requests.push(request);
      return usual.generate(request, report);
    },
    loadRun: (request) => {
      loaded.push(request.runId);
      return Promise.resolve();
    },
    importAdapter: (name, files) => {
      imported.push(files.map((file) => file.name));
      return usual.importAdapter(name, files);
    },
  };
  app = tinyApp({
    connect: () => ({ api, onfailure: () => undefined, terminate: () => undefined }),
  });
  await Promise.all([app.answers.loadExamples(), app.model.open()]);
  Object.assign(app.training.training, { steps: 3 });
});

test('without an adapter the model alone is asked', async () => {
  const { playground } = app;
  expect(playground.choices).toEqual([]);
  await playground.ask();
  expect(requests.map(({ adapterId }) => adapterId)).toEqual([undefined]);
  expect(playground.answers!.question).toBe('What is 2 + 3?');
  expect(playground.answers!.base).toMatchObject({ stopped: 'end' });
  expect(playground.answers!.adapted).toBeUndefined();
});

test('after a run both answer the same question, with what the worker is told to hold', async () => {
  await app.training.start();
  const { playground, runs } = app;
  const [run] = runs.list;
  expect(playground.adapter!.id).toBe(run!.id);
  await playground.ask();
  await playground.ask();
  expect(requests.map(({ adapterId }) => adapterId)).toEqual([
    undefined,
    run!.id,
    undefined,
    run!.id,
  ]);
  expect(new Set(requests.map(({ conversation }) => JSON.stringify(conversation))).size).toBe(1);
  // The worker knows whether it still holds the adapter; after a lost engine it does not.
  expect(loaded).toEqual([run!.id, run!.id]);
  expect(playground.answers!.adapted!.text).not.toBe(playground.answers!.base!.text);
});

test('a fully fine-tuned run is offered as a model of its own', async () => {
  Object.assign(app.training.training, { method: 'full' });
  await app.training.start();
  const { playground, runs } = app;
  expect(playground.adapter).toMatchObject({ id: runs.list[0]!.id, full: true });
  await playground.ask();
  expect(loaded).toEqual([runs.list[0]!.id]);
  expect(requests.map(({ adapterId }) => adapterId)).toEqual([undefined, runs.list[0]!.id]);
});

test('no adapter can be picked, and a run of another model is not offered', async () => {
  await app.training.start();
  const { playground, runs } = app;
  playground.pick(NONE);
  await playground.ask();
  expect(requests).toHaveLength(1);
  runs.list[0]!.record = { ...runs.list[0]!.record, modelId: 'another' };
  expect(playground.choices).toEqual([]);
});

test('a stop between the two answers leaves the second unasked', async () => {
  await app.training.start();
  const { playground } = app;
  const done = playground.ask();
  await playground.answering.stop();
  await done;
  expect(requests).toHaveLength(1);
  expect(playground.answers!.base!.stopped).toBe('asked');
});

test('an adapter comes as a folder or as a zip, and is picked', async () => {
  const { playground } = app;
  const file = (name: string): File => new File(['{}'], name);
  const names = ['adapter_config.json', 'adapter_model.safetensors'];
  await playground.bring(names.map((name) => ({ path: `mine/${name}`, file: file(name) })));
  expect(playground.adapter).toMatchObject({ id: 'mine', run: undefined });
  const zip = zipSync(Object.fromEntries(names.map((name) => [name, new Uint8Array([123, 125])])));
  await playground.bring([{ path: 'packed.zip', file: new File([zip], 'packed.zip') }]);
  expect(playground.adapter!.label).toBe('packed');
  expect(imported).toEqual([names, names]);
});

test('files dropped anywhere go where they belong', async () => {
  const drop = (path: string): string => app.take([{ path, file: new File(['{}'], path) }]);
  expect(drop('mine/adapter_config.json')).toBe('try');
  expect(drop('answers.csv')).toBe('answers');
  expect(drop('tiny.gguf')).toBe('model');
  expect(app.model.kind).toBe('files');
  await app.runs.settled();
});

test('puts a system prompt and the turns before the question to the model', async () => {
  const turn = (role: string, content: string) => ({ role, content });
  const turns = [
    turn('system', 'Be brief.'),
    turn('user', 'What is 2 + 3?'),
    turn('assistant', '5'),
    turn('user', 'And 4 more?'),
  ];
  const row = { id: 'q', question: 'And 4 more?', response: '9', messages: turns };
  const set = { id: 'chat', name: 'Chat', rows: [row] };
  app.answers.sets = [{ set, slot: 1, example: false, shown: true }];
  const { playground } = app;
  expect(playground.question).toBe('And 4 more?');
  expect(playground.system).toBe('Be brief.');
  await playground.ask();
  expect(playground.answers!.conversation.messages).toEqual(turns);
  playground.withEarlier = false;
  playground.system = '';
  await playground.ask();
  expect(playground.answers!.conversation.messages).toEqual([turns[3]]);
});

test('says what of a conversation no command can put to the model', async () => {
  const turn = (role: string, content: string) => ({ role, content });
  const messages = [
    turn('system', 'Be brief.'),
    turn('user', 'What is 2 + 3?'),
    turn('assistant', '5'),
    turn('user', 'And 4 more?'),
  ];
  const row = { id: 'q', question: 'And 4 more?', response: '9', messages };
  const further = { tools: [{ name: 'add' }], templateVariables: { enable_thinking: false } };
  const set = { id: 'chat', name: 'Chat', rows: [{ ...row, ...further }] };
  app.answers.sets = [{ set, slot: 1, example: false, shown: true }];
  const { playground } = app;
  await playground.ask();
  expect(requests[0]!.conversation).toEqual({ messages, ...further });
  expect(playground.answers!.command).toEqual({
    reason:
      'There is no command for this answer: generate asks one question after at most one system prompt, and this conversation also has 2 other turns (user, assistant), 1 tool, variables for the chat template (enable_thinking).',
  });
  playground.withEarlier = false;
  await playground.ask();
  expect(playground.answers!.command).toMatchObject({
    line: expect.stringContaining("--system 'Be brief.'") as string,
  });
});
