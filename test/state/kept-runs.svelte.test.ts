/** What earlier visits left in the browser: whole, damaged in one place, refused. */
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { RunArchive } from '../../src/state/run-archive.ts';
import { RunsState } from '../../src/state/runs.svelte.ts';
import { failures, failWritesFrom } from '../support/indexeddb.ts';
import { tinyApp } from '../support/tiny-app.ts';

const names = ['A', 'B', 'C'];
let app: AppState;
beforeEach(async () => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  app = tinyApp();
  await Promise.all([app.answers.loadExamples(), app.model.open()]);
  Object.assign(app.training.training, { steps: 6 });
  Object.assign(app.training, { repeats: names.length });
  await app.training.start();
  app.runs.list.forEach((run, i) => app.runs.rename(run, names[i]!));
  await app.runs.settled();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function nextVisit(): Promise<RunsState> {
  const runs = new RunsState({
    archive: () => Promise.resolve(new RunArchive(undefined, { retryMs: 0 })),
    nextFrame: queueMicrotask,
  });
  await runs.load();
  return runs;
}
const raw = () => openDB('idiolect-runs');
const labels = (runs: RunsState) => runs.list.map(({ label }) => label);

test('every run is there again with its curve and its request', async () => {
  const runs = await nextVisit();
  expect(labels(runs)).toEqual(names);
  expect([runs.refused, runs.bad]).toEqual([undefined, []]);
  for (const run of runs.list) {
    expect(run.outcome).toEqual(app.runs.find(run.id)!.outcome);
    expect((await runs.request(run))!.set.rows).toHaveLength(4);
  }
});

test('one damaged record hides no other run, is named, and goes when it is deleted', async () => {
  const database = await raw();
  const id = app.runs.list[1]!.id;
  const record = (await database.get('runs', id)) as object;
  await database.put('runs', { ...record, settings: 'lost', state: 'gone' });
  const runs = await nextVisit();
  expect(labels(runs)).toEqual(['A', 'C']);
  expect(runs.bad).toMatchObject([{ called: 'run', key: id }]);
  expect(runs.bad[0]!.problems.join(' ')).toMatch(/settings: .*state: /s);
  await runs.forget(runs.bad[0]!);
  expect(runs.bad).toEqual([]);
  expect(await database.getAllKeys('chunks', IDBKeyRange.bound([id, 0], [id, 1e9]))).toEqual([]);
  expect(await database.get('requests', id)).toBeUndefined();
  database.close();
});

test('a hole in one curve: its whole part is shown and the rest named, others are as before', async () => {
  const { id } = app.runs.list[1]!;
  const archive = new RunArchive();
  const [before] = (await archive.load()).filter(({ record }) => record.id === id);
  await archive.delete(id);
  await archive.put(before!.record);
  const column = (from: number, to: number) => new Float64Array([0, 1, 2, 3, 4, 5]).slice(from, to);
  await archive.append({ runId: id, from: 0, columns: { step: column(0, 2) } });
  await archive.append({ runId: id, from: 4, columns: { step: column(4, 6) } });
  const runs = await nextVisit();
  expect(labels(runs)).toEqual(names);
  const run = runs.find(id)!;
  expect([...run.log.column('step')]).toEqual([0, 1, 4, 5]);
  expect(run.holes).toEqual(['Points 3 to 4 are missing.']);
  expect(runs.find(app.runs.list[0]!.id)!.holes).toEqual([]);
  // What is written from now on is whole again.
  runs.append(run, { ...report, step: 6 });
  await runs.end(run, { state: 'finished' });
  const again = (await nextVisit()).find(id)!;
  expect([...again.log.column('step')]).toEqual([0, 1, 4, 5, 6]);
  expect(again.holes).toEqual([]);
});

const report = {
  ...{ step: 0, totalSteps: 6, epoch: 1, tokensSeen: 1, examplesSeen: 1, loss: 1, gradientNorm: 1 },
  ...{ learningRate: 1, tokensPerSecond: 1, secondsLeft: 1, memoryBytes: 1, elapsedSeconds: 1 },
};

test('a damaged piece of a curve is set aside, and the run is there without it', async () => {
  const database = await raw();
  const { id } = app.runs.list[0]!;
  await database.put('chunks', { runId: id, from: 0, columns: 'none' });
  database.close();
  const runs = await nextVisit();
  expect(labels(runs)).toEqual(names);
  expect(runs.bad).toMatchObject([{ store: 'chunks', key: [id, 0] }]);
  expect(runs.find(id)!.log.length).toBeLessThan(app.runs.find(id)!.log.length);
});

test('a full disk ends no training: it goes on in memory and is written when there is room', async () => {
  const runs = await nextVisit();
  const [first] = app.runs.list;
  const request = (await app.runs.request(first!))!;
  const id = `${first!.id}-later`;
  failWritesFrom(1, failures['a put that throws']);
  const { batch, slot, modelId, openedAs, vocabSize, plan } = first!.record;
  const waiting = { batch, slot, modelId, openedAs, vocabSize, plan, id, number: 9 };
  const order = { waiting: { ...waiting, label: 'Plain', seed: 1 }, request };
  await runs.enqueue([{ ...order, request: { ...request, runId: id } }]);
  const run = await runs.begin({ ...first!.record, id });
  for (let step = 0; step < 4; step++) runs.append(run, { ...report, step });
  await runs.end(run, { state: 'finished' });
  expect(runs.refused).toMatch(/full/);
  expect((await runs.request(run))!.set.rows).toHaveLength(4);
  expect(labels(await nextVisit())).toEqual(names);
  vi.restoreAllMocks();
  runs.rename(run, 'Written');
  await runs.settled();
  expect(runs.refused).toBeUndefined();
  const later = await nextVisit();
  expect(labels(later)).toContain('Written');
  expect(later.find(id)!.log.length).toBe(4);
});
