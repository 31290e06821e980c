/** What a person has brought and made is here again on return; what cannot be read or kept is said. */
import { flushSync } from 'svelte';
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HandEditor } from '../../src/state/hand-editor.svelte.ts';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { connectFake } from '../support/fake-trainer.ts';
import { tinyApp, type TinyLabOptions } from '../support/tiny-app.ts';

const NAME = 'session-of-the-test';
const ofQuestions = (id: string, answer: (i: number) => string, count = 4) => ({
  id,
  name: id,
  notices: [{ kind: 'dropped' as const, text: 'Two lines were empty.', places: ['line 3'] }],
  rows: Array.from({ length: count }, (_, i) => ({
    id: `q${i}`,
    question:
      ['What is 2 + 3?', 'What is 4 + 4?', 'What is 9 - 1?', 'What is 6 / 2?'][i] ?? `${i}?`,
    response: answer(i),
    gold: String(i),
  })),
});
const terse = ofQuestions('terse', (i) => `${i}.`);

const open: AppState[] = [];
const askToPersist = vi.hoisted(() => vi.fn(() => Promise.resolve(true)));
vi.mock('../../src/state/persist.ts', () => ({ askToPersist }));
const leave = vi.fn();

async function visit(options: TinyLabOptions = {}): Promise<AppState> {
  const app = tinyApp({ session: { name: NAME, leave }, ...options });
  await app.start();
  open.push(app);
  return app;
}

async function written(app: AppState): Promise<void> {
  flushSync();
  await app.session!.settled();
}

async function end(app: AppState): Promise<void> {
  await written(app);
  app.session!.close();
}

const ids = (app: AppState) => app.answers.sets.map(({ set }) => set.id);

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => {
  for (const app of open.splice(0)) app.session?.close();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  askToPersist.mockClear();
  leave.mockClear();
});

test('sets, excluded questions, settings and what was typed are here again', async () => {
  const first = await visit();
  expect(first.session!.restored).toBeUndefined();
  first.answers.add([terse]);
  first.answers.toggle('wordy');
  first.answers.exclude(['q2']);
  first.answers.encoding = 'joint';
  Object.assign(first.training.training, { steps: 77 });
  first.setMaker.bringBack({ way: 'own-correct', template: 'Say {answer} again' });
  first.answers.show('q1');
  flushSync();
  first.playground.question = 'And 3 + 3?';
  await end(first);

  const second = await visit();
  expect(second.answers.entry('terse')).toEqual(first.answers.entry('terse'));
  expect(ids(second)).toEqual(['plain', 'wordy', 'terse']);
  expect(second.answers.shown.map(({ set }) => set.id)).toEqual(['plain', 'terse']);
  expect([...second.answers.excluded]).toEqual(['q2']);
  expect(second.answers.encoding).toBe('joint');
  expect(second.training.training.steps).toBe(77);
  expect(second.setMaker.way).toBe('own-correct');
  expect(second.playground.question).toBe('And 3 + 3?');
  expect(second.answers.questions[second.answers.cursor]!.id).toBe('q1');
  expect(second.answers.notices.map(({ text }) => text)).toContain('Two lines were empty.');
  expect(second.session!.restored).toMatchObject({ sets: 1, question: true });
});

test('a measurement is here again for the same model, and not pending', async () => {
  const first = await visit();
  await first.familiarity.measure();
  const averages = first.familiarity.sets.map((set) => set.averages);
  await end(first);

  const second = await visit();
  expect(second.familiarity.sets.map((set) => set.averages)).toEqual(averages);
  expect(second.familiarity.sets[0]!.rows[0]!.tokenNll).toBeInstanceOf(Float32Array);
  expect(second.familiarity.stale).toBe(false);
  expect(second.familiarity.complete).toBe(true);
  expect(second.session!.restored).toMatchObject({ measured: 8 });
  expect(second.familiarity.command).toEqual(first.familiarity.command);
});

test('numbers of another model are never shown as those of this one; its own come back', async () => {
  const app = await visit();
  await app.familiarity.measure();
  const [before] = app.familiarity.sets;
  app.model.embeddedId = 'idiolect-b';
  await app.model.open();
  expect(app.familiarity.stale).toBe(true);
  await app.familiarity.measure();
  await end(app);

  // A trainer that would find other numbers.
  const connect = () => {
    const { api, ...rest } = connectFake();
    return {
      ...rest,
      api: { ...api, measure: () => Promise.reject(new Error('Measured again.')) },
    };
  };
  const second = await visit({ settings: 'model=idiolect-a', connect });
  expect(second.familiarity.measuredWith!.setup.model.id).toBe('idiolect-b');
  expect(second.familiarity.stale).toBe(true);
  await second.familiarity.measure();
  expect(second.familiarity.measuring.error).toBeUndefined();
  expect(second.familiarity.measuredWith!.setup.model.id).toBe('idiolect-a');
  expect(second.familiarity.sets[0]!.averages).toEqual(before!.averages);
});

test('measuring again replaces what is kept', async () => {
  const app = await visit();
  await app.familiarity.measure();
  await written(app);
  await app.familiarity.measure();
  await end(app);
  const raw = await openDB(NAME);
  const chunks = (await raw.getAll('measured')) as { answers: unknown[] }[];
  expect(chunks.reduce((sum, { answers }) => sum + answers.length, 0)).toBe(8);
  raw.close();
});

test('a measurement that was interrupted goes on with what is missing', async () => {
  const first = await visit();
  first.answers.toggle('wordy');
  await first.familiarity.measure();
  await end(first);
  const second = await visit();
  second.answers.toggle('wordy');
  expect(second.familiarity.pending.map(({ id }) => id)).toEqual(['wordy']);
});

test('edits by hand wait for the set they belong to', async () => {
  const first = await visit();
  first.answers.add([terse]);
  const editor = new HandEditor(first, terse);
  editor.wrongOnly = false;
  editor.write('2 + 3 = 5');
  await end(first);
  const second = await visit();
  expect(second.session!.restored).toMatchObject({ edits: 1 });
  const again = new HandEditor(second, second.answers.entry('terse')!.set);
  again.wrongOnly = false;
  expect(again.text).toBe('2 + 3 = 5');
  again.save();
  expect(second.handEdits.count).toBe(0);
});

test('files of the experiment in the form come back with it', async () => {
  const first = await visit();
  const draft = (await first.loadExperiments()).draft;
  draft.files = { 'a.jsonl': { content: new Blob(['{"question":"1?"}\n']), table: undefined } };
  await end(first);
  const second = await visit();
  const { files } = (await second.loadExperiments()).draft;
  expect(await files['a.jsonl']!.content.text()).toBe('{"question":"1?"}\n');
  expect(files['a.jsonl']!.table).toBeDefined();
});

test('files of a model have to be chosen again; its measurements are kept', async () => {
  const first = await visit();
  const file = new File(['{}'], 'config.json');
  first.model.choose([{ path: 'mine/config.json', file }]);
  await first.model.open();
  await first.familiarity.measure();
  await end(first);
  const second = await visit();
  expect(second.model.summary).toBeUndefined();
  expect(second.model.toChoose).toEqual({ name: 'mine', paths: ['mine/config.json'] });
  expect(second.familiarity.hasResults).toBe(true);
  second.model.choose([{ path: 'mine/config.json', file }]);
  await second.model.open();
  expect(second.model.toChoose).toBeUndefined();
  expect(second.familiarity.complete).toBe(true);
});

test('an address wins over the session for what it names, and for all when the page wrote it', async () => {
  const first = await visit();
  Object.assign(first.training.training, { steps: 77, batchSize: 3 });
  await end(first);
  const { training } = (await visit({ settings: 'train.steps=5' })).training;
  expect([training.steps, training.batchSize]).toEqual([5, 3]);
  const own = (await visit({ settings: 'train.steps=5', ownAddress: true })).training.training;
  expect([own.steps, own.batchSize]).not.toContain(3);
});

test('sets that an address names and that are not here are said, and the page is not empty', async () => {
  const unknown = await visit({ settings: 'sets=mine+others' });
  expect(unknown.answers.absent).toEqual(['mine', 'others']);
  expect(unknown.answers.shown.map(({ set }) => set.id)).toEqual(['plain', 'wordy']);
  const half = await visit({ settings: 'sets=plain+mine' });
  expect(half.answers.absent).toEqual(['mine']);
  expect(half.answers.shown.map(({ set }) => set.id)).toEqual(['plain']);
  expect((await visit({ settings: 'sets=' })).answers.shown).toHaveLength(2);
});

test('ids with spaces survive an address', async () => {
  const app = await visit();
  app.answers.add([{ ...terse, id: 'my answers 100%' }]);
  app.answers.toggle('plain');
  await end(app);
  const again = await visit({ settings: app.address.slice(1), ownAddress: true });
  expect(again.answers.shown.map(({ set }) => set.id)).toEqual(['wordy', 'my answers 100%']);
});

test('a removed set is gone, and back when that is undone', async () => {
  const app = await visit();
  app.answers.add([terse]);
  await written(app);
  app.answers.remove('terse');
  await written(app);
  expect(ids(await visit())).not.toContain('terse');
  app.answers.undo();
  await written(app);
  expect(ids(await visit())).toContain('terse');
});

test('two tabs: each adds its sets, and none deletes those it does not have', async () => {
  const [one, two] = [await visit(), await visit()];
  one.answers.add([terse]);
  two.answers.add([ofQuestions('terse', (i) => `It is ${i}.`)]);
  await written(one);
  await written(two);
  one.answers.toggle('plain');
  await written(one);
  const third = await visit();
  expect(ids(third)).toEqual(['plain', 'wordy', 'terse', 'terse-2']);
  expect(new Set(third.answers.sets.map(({ slot }) => slot)).size).toBe(4);
});

test('a fresh start deletes what is kept, and another tab is told and may keep its own', async () => {
  const [one, two] = [await visit(), await visit()];
  one.answers.add([terse]);
  await written(one);
  two.answers.add([ofQuestions('other', (i) => `It is ${i}.`)]);
  await two.familiarity.measure();
  await written(two);
  await one.session!.startFresh();
  expect(leave).toHaveBeenCalledOnce();
  await vi.waitFor(() => expect(two.session!.deleted).toBe(true));
  expect(two.session!.unsaved).toBe(true);
  two.answers.toggle('plain');
  await written(two);
  const fresh = await visit();
  expect(ids(fresh)).toEqual(['plain', 'wordy']);
  expect(fresh.session!.restored).toBeUndefined();
  await two.session!.keep();
  const again = await visit();
  expect(ids(again)).toEqual(['plain', 'wordy', 'other']);
  expect(again.session!.restored).toMatchObject({ sets: 1, measured: 12 });
});

test('a record that cannot be read is named, and the others are here', async () => {
  const first = await visit();
  first.answers.add([terse, ofQuestions('whole', (i) => `It is ${i}.`)]);
  Object.assign(first.training.training, { steps: 77 });
  await end(first);
  const raw = await openDB(NAME);
  const heads = (await raw.getAll('sets')) as { key: string; facts: { id: string } }[];
  const { key } = heads.find(({ facts }) => facts.id === 'terse')!;
  await raw.put('rows', { set: key, from: 0, rows: [{ id: 1 }] });
  await raw.put('parts', { name: 'maker', form: 7 });
  raw.close();
  const second = await visit();
  expect(ids(second)).toEqual(['plain', 'wordy', 'whole']);
  expect(second.training.training.steps).toBe(77);
  expect(second.session!.problems).toEqual(['0 of the 4 answers of “terse” are left.']);
  expect(second.session!.bad.map(({ called }) => called)).toEqual(['part of a set', 'setting']);
});

test('without IndexedDB everything works, and it is said once that nothing is kept', async () => {
  vi.stubGlobal('indexedDB', {
    open: () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    },
  });
  const app = await visit();
  expect(app.session!.refused).toContain('The operation is insecure.');
  expect(app.session!.unsaved).toBe(false);
  app.answers.add([terse]);
  await app.familiarity.measure();
  await written(app);
  expect(app.familiarity.complete).toBe(true);
  expect(app.session!.unsaved).toBe(true);
});

test('the browser is asked not to clear it at the first thing a person would miss', async () => {
  const app = await visit();
  await written(app);
  expect(askToPersist).not.toHaveBeenCalled();
  app.answers.add([terse]);
  await written(app);
  await app.familiarity.measure();
  await written(app);
  expect(askToPersist).toHaveBeenCalled();
});

test('a set is written once; what changes later is a small record', async () => {
  const app = await visit();
  app.answers.add([ofQuestions('many', (i) => `${i}`, 2500)]);
  await written(app);
  const put = vi.spyOn(IDBObjectStore.prototype, 'put');
  app.answers.toggle('many');
  app.answers.exclude(['q1']);
  await written(app);
  const stores = put.mock.contexts.map((store) => (store as IDBObjectStore).name);
  expect(stores).toContain('sets');
  expect(stores).not.toContain('rows');
  await end(app);
  expect((await visit()).answers.entry('many')!.set.rows).toHaveLength(2500);
});
