import { readFileSync } from 'node:fs';
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DataError, GpuUnavailableError } from '../../src/errors.ts';
import { readExperiment } from '../../src/experiment/spec/schema.ts';
import { shortForm } from '../../src/experiment/spec/short-form.ts';
import { ExperimentArchive } from '../../src/state/experiment-archive.ts';
import { toggleArm, toggleWriter } from '../../src/state/experiment-edits.ts';
import type { ExperimentEntry } from '../../src/state/experiment-entry.svelte.ts';
import { ExperimentsState } from '../../src/state/experiments.svelte.ts';
import { packText, unpackText } from '../../src/state/pack-text.ts';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { timeOfId } from '../../src/state/run-record.ts';
import { fakeLocks } from '../support/fake-locks.ts';
import { connectFake, type FakeOptions } from '../support/fake-trainer.ts';

import { tinyApp } from '../support/tiny-app.ts';

// Whole experiments, each stage with its report: seconds where something else has the processor too.
vi.setConfig({ testTimeout: 30_000 });

/** What outlives a page. */
let archive: ExperimentArchive;
let kept: NonNullable<FakeOptions['kept']>;
beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  archive = new ExperimentArchive();
  kept = new Map();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const RUNS = [
  'idiolect-a.dialect-a',
  'idiolect-a.dialect-b',
  'idiolect-b.dialect-a',
  'idiolect-b.dialect-b',
].flatMap((arm) => [1, 2].map((seed) => `run.${arm}.seed-${seed}`));

/** A page that has just been opened. */
async function page(
  options: FakeOptions = {},
): Promise<{ state: ExperimentsState; app: AppState }> {
  const app = tinyApp({ connect: () => connectFake({ kept, ...options }) });
  await app.model.open();
  const state = new ExperimentsState(app, archive);
  await state.load();
  return { state, app };
}

async function addTiny(state: ExperimentsState): Promise<ExperimentEntry> {
  const { draft } = state;
  Object.assign(draft.experiment.task, { trainQuestions: 4, testQuestions: 6 });
  Object.assign(draft.experiment.task, { retentionQuestions: 2, textQuestions: 0 });
  return state.add(draft.request());
}
const runs = (entry: ExperimentEntry, of: string) =>
  entry.places
    .filter(({ stage, state }) => stage.kind === 'run' && state === of)
    .map(({ stage }) => stage.id);

test('does every stage, reports, and is idle again', async () => {
  const { state, app } = await page();
  const entry = await addTiny(state);
  expect(state.due).toBe(true);
  await state.work();
  expect(entry.finished).toBe(true);
  expect(runs(entry, 'done')).toEqual(RUNS);
  expect(entry.result!.report.arms).toHaveLength(4);
  expect(app.activity.job).toBeUndefined();
  expect(state.due).toBe(false);
});

test('a pause ends within a stage; a reloaded page goes on and finds the same', async () => {
  const first = await page({ beforeStage: (id) => id === RUNS[3] && void first.state.pause() });
  const paused = await addTiny(first.state);
  await first.state.work();
  expect(runs(paused, 'done')).toEqual(RUNS.slice(0, 3));
  expect(first.state.due).toBe(false);

  const again: string[] = [];
  const { state } = await page({ beforeStage: (id) => again.push(id) });
  const entry = state.list[0]!;
  expect(entry.id).toBe(paused.id);
  expect(state.due).toBe(false);
  await state.goOn(entry);
  await state.work();
  expect(again.filter((id) => id.startsWith('run.'))).toEqual(RUNS.slice(3));

  const whole = await addTiny((await page()).state);
  const other = await page();
  await other.state.work();
  const alone = other.state.list.find(({ id }) => id === whole.id)!;
  expect(alone.result!.report.arms).toEqual(entry.result!.report.arms);
});

test('waiting runs are moved and left out; what failed is tried again', async () => {
  let broken = true;
  const done: string[] = [];
  const { state } = await page({
    beforeStage: (id) => {
      done.push(id);
      if (id === RUNS[7] && broken) throw new DataError('Too long.', ['row 1']);
    },
  });
  const entry = await addTiny(state);
  state.move(entry, RUNS[1]!, -1);
  await state.cancel(entry, RUNS[2]!);
  await state.work();
  const order = done.filter((id) => id.startsWith('run.'));
  expect(order.slice(0, 2)).toEqual([RUNS[1], RUNS[0]]);
  expect(order).not.toContain(RUNS[2]);
  expect(entry.places.find(({ stage }) => stage.id === RUNS[7])!.failure).toMatchObject({
    message: 'Too long.',
    problems: ['row 1'],
  });
  broken = false;
  await state.retry(entry, RUNS[7]!);
  await state.retry(entry, RUNS[2]!);
  await state.work();
  expect(entry.count).toMatchObject({ done: entry.stages.length, failed: 0, cancelled: 0 });
});

test('a failed base keeps what needs it waiting, and says so', async () => {
  const { state } = await page({
    beforeStage: (id) => {
      if (id === 'base.idiolect-b') throw new DataError('No.');
    },
  });
  const entry = await addTiny(state);
  await state.work();
  expect(runs(entry, 'waiting')).toEqual(RUNS.slice(4));
  expect(entry.places.at(-1)!.blockedBy).toEqual(['base.idiolect-b']);
  expect(entry.finished).toBe(true);
});

test('a failed set holds up only what is made of it, and can be left out', async () => {
  const { state } = await page({
    beforeStage: (id) => {
      if (id === 'set.dialect-b') throw new DataError('Nobody wrote it.');
    },
  });
  const entry = await addTiny(state);
  await state.work();
  expect(runs(entry, 'done')).toEqual(RUNS.filter((id) => id.includes('.dialect-a.')));
  const place = (id: string) => entry.places.find(({ stage }) => stage.id === id)!;
  expect(place(RUNS[2]!).blockedBy).toEqual(['set.dialect-b']);
  expect(place('set.dialect-b').failure!.message).toBe('Nobody wrote it.');
  expect(entry.result!.report.sets.map(({ id }) => id)).toEqual(['dialect-a']);
  expect(entry.finished).toBe(true);
  await state.cancel(entry, 'set.dialect-b');
  expect(place('set.dialect-b')).toMatchObject({ state: 'cancelled', failure: undefined });
  expect(entry.count.failed).toBe(0);
  expect(state.due).toBe(false);
});

test('an experiment that an earlier version cut into other stages is found whole', async () => {
  const first = await page();
  const entry = await addTiny(first.state);
  await first.state.work();
  // One stage for all sets of a model, as it was; what it held is kept in the stages of today.
  const order = entry.progress.order.flatMap((id) =>
    id.startsWith('familiarity.')
      ? id.endsWith('.dialect-a')
        ? [id.slice(0, -'.dialect-a'.length)]
        : []
      : [id],
  );
  await archive.put({
    ...entry.progress,
    order,
    done: Object.fromEntries(order.map((id) => [id, 2])),
  });

  const again: string[] = [];
  const { state } = await page({ beforeStage: (id) => again.push(id) });
  const same = state.list[0]!;
  expect(same.places.map(({ stage }) => stage.id)).toEqual(same.stages.map(({ id }) => id));
  await state.work();
  expect(again).toEqual([]);
  expect(same.count.done).toBe(same.stages.length);
});

test('leaving out the run that is under way goes on with the next', async () => {
  const { state } = await page({
    beforeStage: (id) => id === RUNS[0] && void state.cancel(state.list[0]!, id),
  });
  const entry = await addTiny(state);
  await state.work();
  expect(runs(entry, 'cancelled')).toEqual([RUNS[0]]);
  expect(runs(entry, 'done')).toEqual(RUNS.slice(1));
});

test('a lost engine stops the queue, which does not start by itself again', async () => {
  const { state } = await page({
    beforeStage: (id) => {
      if (id === RUNS[0]) throw new GpuUnavailableError('Gone.');
    },
  });
  const entry = await addTiny(state);
  await state.work();
  expect(state.job.error?.message).toBe('Gone.');
  expect(runs(entry, 'failed')).toEqual([]);
  expect(state.due).toBe(false);
});

test('says what is fetched before the first stage', async () => {
  const { state } = await page();
  const { experiment } = state.draft;
  experiment.models[1] = { ...experiment.models[1]!, source: 'owner/name' };
  Object.assign(experiment.task, { trainQuestions: 4, testQuestions: 6, retentionQuestions: 0 });
  const entry = await state.add(state.draft.request());
  const heard: (string | undefined)[] = [];
  const stop = $effect.root(() => {
    $effect.pre(() => void heard.push(entry.loading?.file));
  });
  await state.work();
  stop();
  expect(heard).toContain('model.safetensors');
  expect(entry.loading).toBeUndefined();
});

test('what is deleted under Storage leaves the queue too', async () => {
  const { app } = await page();
  const experiments = await app.loadExperiments();
  const entry = await addTiny(experiments);
  await app.storage.delete({ id: entry.id, kind: 'experiment', bytes: 1, label: 'quick' });
  expect(app.storage.error).toBeUndefined();
  expect(experiments.list).not.toContain(entry);
  const at = new Date();
  expect(Math.abs(at.getTime() - timeOfId(entry.id)!.getTime())).toBeLessThan(60_000);
  expect(timeOfId('model:owner/name')).toBeUndefined();
});

test('the draft is shared by link, and checked whole', async () => {
  const { state } = await page();
  const { draft } = state;
  expect(draft.addressed).toEqual({});
  toggleWriter(draft.experiment, 'terse');
  toggleArm(draft.experiment, 'idiolect-a', 'terse');
  Object.assign(draft.experiment.training, { steps: 12 });
  const { draft: other } = (await page()).state;
  other.restore(new URLSearchParams(draft.addressed));
  expect($state.snapshot(other.experiment)).toEqual($state.snapshot(draft.experiment));
  expect(draft.command.line).toBe(
    'npm run experiment -- quick.json \\\n  --engine wasm \\\n  --threads 2',
  );
  expect(draft.command.files).toEqual([{ name: 'quick.json', content: draft.json }]);
  draft.experiment.seeds = [];
  draft.experiment.crossOver!.setA = 'gone';
  expect(draft.problems.join(' ')).toMatch(/at least one seed/);
  await draft.read([{ path: 'x.json', file: new Blob(['{"sets": 3}']) }]);
  expect(draft.error?.message).toMatch(/x\.json is not a valid experiment/);
});

test('what the link holds is short and reads back as the same', () => {
  const { draft } = new ExperimentsState(tinyApp());
  for (const name of ['quick', 'cross-over', 'all-sets'] as const) {
    const experiment = draft.presetOf(name);
    const short = JSON.stringify(shortForm(experiment));
    expect(short.length).toBeLessThan(JSON.stringify(experiment).length);
    const read: unknown = JSON.parse(unpackText(packText(short))!);
    expect(readExperiment(read, name)).toEqual(experiment);
  }
  expect(unpackText('no such thing')).toBeUndefined();
});

test('one’s own answers become a task with questions that no set is trained on', async () => {
  const { state, app } = await page();
  await app.answers.loadExamples();
  state.draft.useOwnAnswers({ test: 0.5, validation: 0 });
  const { sets } = state.draft.experiment;
  expect(sets.map(({ id }) => id)).toEqual(['plain', 'wordy']);
  expect(state.draft.problems).toEqual([]);
  const questions = async (path: string) =>
    (await state.draft.files[path]!.content.text())
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { question: string }).question);
  const both = [...(await questions('plain.jsonl')), ...(await questions('test.jsonl'))];
  expect(new Set(both).size).toBe(4);
});

test('says on the form how many given answers agree with their gold', async () => {
  const { state } = await page();
  const { draft } = state;
  const names = ['exp-train-decimal.json', 'train-decimal.jsonl', 'test-gold.jsonl'];
  const files = names.map((path) => ({
    path,
    file: new Blob([readFileSync(`test/fixtures/cases/experiment/${path}`)]),
  }));
  await draft.read(files.slice(0, 2));
  expect(draft.notices).toEqual([]);
  await draft.read(files);
  expect(draft.error).toBeUndefined();
  expect(draft.notices.map(({ kind, text }) => [kind, text])).toEqual([
    [
      'doubtful',
      'human: 0 of 8 given answers agree with their gold. Check the answers, and how final answers are found.',
    ],
    ['info', 'test: 8 of 8 given answers agree with their gold.'],
  ]);
  // Another rule is applied at once.
  draft.experiment.task = {
    ...draft.experiment.task,
    answers: { kind: 'pattern', pattern: 'x' },
  } as never;
  expect(draft.notices.map(({ kind }) => kind)).toEqual(['doubtful', 'doubtful']);
});

/** A tab of one browser: what is on disk is shared, and who owns what. */
async function tab(name: string, locks: ReturnType<typeof fakeLocks>, options: FakeOptions = {}) {
  const { owners, close } = locks.tab();
  const stages: string[] = [];
  const beforeStage = (id: string) => {
    stages.push(id);
    options.beforeStage?.(id);
  };
  const app = tinyApp({
    owners,
    connect: () => connectFake({ kept, ...options, beforeStage }),
  });
  await app.model.open();
  const state = new ExperimentsState(app, new ExperimentArchive(name));
  await state.load();
  return { state, app, stages, close };
}

test('an experiment in one tab is watched in another, and interrupted there once the first is closed', async () => {
  const locks = fakeLocks();
  let halt = () => Promise.resolve();
  const a = await tab('shared', locks, { pause: () => halt() });
  await addTiny(a.state);
  const b = await tab('shared', locks);
  const seen = b.state.list[0]!;
  expect([seen.elsewhere, seen.held, b.state.due]).toEqual([true, false, false]);
  // A few stages, then the tab stands still.
  const still = new Promise<void>((resolve) => {
    halt = () =>
      a.stages.length < 4 ? Promise.resolve() : (resolve(), new Promise(() => undefined));
  });
  void a.state.work();
  await still;
  const done = a.state.list[0]!.count.done;
  expect(done).toBeGreaterThan(1);
  await vi.waitFor(async () => {
    await b.state.look();
    expect(seen.count.done).toBe(done);
  });
  await b.state.goOn(seen);
  await b.state.work();
  expect(b.stages).toEqual([]);
  expect(await b.state.remove(seen)).toBe(false);
  expect(await b.state.removeStored(seen.id)).toBe(false);

  a.close();
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
  await b.state.look();
  expect([seen.elsewhere, seen.held, b.state.due]).toEqual([false, false, false]);
  await b.state.goOn(seen);
  expect(b.state.due).toBe(true);
  await b.state.work();
  expect(seen.finished).toBe(true);
  expect(seen.held).toBe(false);
  expect(b.stages).not.toContain(a.stages[0]);
  expect(await b.state.remove(seen)).toBe(true);
});

test('a page that is reloaded goes on by itself; two experiments go on in two tabs', async () => {
  const locks = fakeLocks();
  const a = await tab('two', locks);
  await addTiny(a.state);
  a.close();
  const again = await tab('two', locks);
  expect(again.state.due).toBe(true);
  const b = await tab('two', locks);
  const mine = await addTiny(b.state);
  await again.state.look();
  expect(again.state.list).toHaveLength(2);
  await Promise.all([again.state.work(), b.state.work()]);
  expect(mine.finished).toBe(true);
  expect(again.state.list[0]!.finished).toBe(true);
  // Each did its own alone.
  const all = mine.stages.map(({ id }) => id).sort();
  expect([...new Set(b.stages)].sort()).toEqual(all);
  expect(b.stages).toHaveLength(all.length);
  expect(again.stages).toHaveLength(all.length);
});

test('a damaged experiment is named and hides no other; deleting it takes all of it', async () => {
  const locks = fakeLocks();
  const a = await tab('bad', locks);
  const entries = [await addTiny(a.state), await addTiny(a.state)];
  a.close();
  const raw = await openDB('bad');
  const request = (await raw.get('requests', entries[0]!.id)) as object;
  await raw.put('requests', { ...request, experiment: 'none' });
  const b = await tab('bad', locks);
  expect(b.state.list.map(({ id }) => id)).toEqual([entries[1]!.id]);
  expect(b.state.bad.map(({ called }) => called)).toEqual([
    'experiment',
    'progress of an experiment',
  ]);
  for (const one of b.state.bad) await b.state.forget(one);
  expect(b.state.bad).toEqual([]);
  expect(await raw.getAllKeys('progress')).toEqual([entries[1]!.id]);
  raw.close();
});
