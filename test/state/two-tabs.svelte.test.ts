/** Two tabs of one browser: one trains, the other watches, waits, and takes over what was left. */
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { RunArchive } from '../../src/state/run-archive.ts';
import type { RunHistory, TrainRequest } from '../../workers/protocol.ts';
import { fakeLocks, type FakeTab } from '../support/fake-locks.ts';
import { fakeTrainer } from '../support/fake-trainer.ts';
import { tinyApp } from '../support/tiny-app.ts';

const STEPS = 6;
/** What both tabs' workers were asked to train. */
let trained: { tab: string; runId: string; resume: boolean }[];
/** Runs whose checkpoints are on disk. */
let checkpoints: Map<string, RunHistory>;
let locks: ReturnType<typeof fakeLocks>;

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  trained = [];
  checkpoints = new Map();
  locks = fakeLocks();
});
afterEach(() => vi.unstubAllGlobals());

interface Tab extends FakeTab {
  app: AppState;
  /** Training of this run halts after this step until the promise is fulfilled. */
  halt: { at: number; until: Promise<void>; reached: () => void } | undefined;
}

async function openTab(name: string): Promise<Tab> {
  const usual = fakeTrainer({ histories: checkpoints });
  const tab = locks.tab();
  const opened: Tab = { ...tab, app: undefined as unknown as AppState, halt: undefined };
  const train: typeof usual.train = (request: TrainRequest, report) => {
    const { runId, resume } = request;
    trained.push({ tab: name, runId, resume });
    return usual.train(request, async (event) => {
      await report(event);
      if (event.kind !== 'step') return;
      if (event.report.step !== opened.halt?.at) return;
      opened.halt.reached();
      await opened.halt.until;
    });
  };
  const deleteRun = (runId: string) => {
    checkpoints.delete(runId);
    return Promise.resolve();
  };
  const api = { ...usual, train, deleteRun, deleteStored: deleteRun };
  opened.app = tinyApp({
    connect: () => ({ api, onfailure: () => undefined, terminate: () => undefined }),
    owners: tab.owners,
    runs: { archive: () => Promise.resolve(new RunArchive()) },
  });
  await Promise.all([
    opened.app.runs.load(),
    opened.app.answers.loadExamples(),
    opened.app.model.open(),
  ]);
  Object.assign(opened.app.training.training, { steps: STEPS });
  return opened;
}

/** Starts training and resolves when it stands still at a step. @returns how to let it go on */
async function trainTo(tab: Tab, step: number, repeats = 1): Promise<() => Promise<void>> {
  let release: () => void = () => undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  const reached = new Promise<void>((resolve) => {
    tab.halt = { at: step, until, reached: resolve };
  });
  tab.app.training.repeats = repeats;
  const started = tab.app.training.start();
  await reached;
  // What was reported is in the archive every second; here at once.
  tab.app.runs.flush();
  await tab.app.runs.settled();
  return () => {
    tab.halt = undefined;
    release();
    return started;
  };
}
const steps = ({ app }: Tab, i = 0) => [...app.runs.list[i]!.log.column('step')];
const kinds = ({ app }: Tab) => app.runs.list.map(({ status }) => status.kind);

test('a run in one tab is watched in the other, which can neither go on with it nor delete it', async () => {
  const [a, b] = [await openTab('a'), await openTab('b')];
  const goOn = await trainTo(a, 2);
  await b.app.runs.look();
  expect(kinds(b)).toEqual(['elsewhere']);
  expect(steps(b)).toEqual([0, 1, 2]);
  const [run] = b.app.runs.list;
  expect(b.app.training.queue.left).toEqual([]);
  await b.app.training.queue.resume(run!);
  expect(b.app.training.queue.places.map(({ state }) => state)).toEqual(['elsewhere']);
  expect(b.app.training.queue.notices[0]!.text).toMatch(/another tab/);
  expect(await b.app.runs.remove(run!, () => Promise.reject(new Error('deleted')))).toBe(false);
  await b.app.storage.delete({ id: run!.id, kind: 'run', bytes: 1, label: 'A run' });
  expect(b.app.storage.error?.message).toMatch(/in use/);
  b.app.runs.rename(run!, 'Taken');
  await goOn();
  await b.app.runs.look();
  expect(kinds(b)).toEqual(['finished']);
  expect(steps(b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(run!.record).toEqual(a.app.runs.list[0]!.record);
  expect(run!.label).toBe('Plain');
  expect(trained).toHaveLength(1);
});

test('a tab that is closed leaves its run interrupted in the other, which goes on with it', async () => {
  const [a, b] = [await openTab('a'), await openTab('b')];
  await trainTo(a, 3);
  await b.app.runs.look();
  expect(kinds(b)).toEqual(['elsewhere']);
  a.close();
  await b.app.runs.look();
  expect(kinds(b)).toEqual(['interrupted']);
  await b.app.training.queue.resume(b.app.runs.list[0]!);
  expect(trained.map(({ tab, resume }) => [tab, resume])).toEqual([
    ['a', false],
    ['b', true],
  ]);
  expect(kinds(b)).toEqual(['finished']);
  const seen = steps(b);
  expect(seen).toEqual([...new Set(seen)].sort((x, y) => x - y));
  expect(seen.at(-1)).toBe(STEPS);
});

test('both tabs ask to go on at the same time: one of them trains', async () => {
  const first = await openTab('a');
  await trainTo(first, 2);
  first.close();
  const [b, c] = [await openTab('b'), await openTab('c')];
  await Promise.all([b, c].map(({ app }) => app.training.queue.resume(app.runs.list[0]!)));
  expect(trained.filter(({ tab }) => tab !== 'a')).toHaveLength(1);
  for (const tab of [b, c]) {
    await tab.app.runs.look();
    expect(kinds(tab)).toEqual(['finished']);
  }
});

test('a queue outlives its tab: everything that is left goes on by one button', async () => {
  const a = await openTab('a');
  await trainTo(a, 2, 3);
  const other = await openTab('b');
  // What waits in a living tab is that tab's.
  expect(other.app.runs.waiting).toHaveLength(2);
  expect(other.app.training.queue.left).toEqual([]);
  await other.app.training.queue.startWaiting(other.app.runs.waiting[0]!);
  expect(trained).toHaveLength(1);
  a.close();
  const b = await openTab('b');
  expect(b.app.runs.waiting.map(({ seed }) => seed)).toEqual([1, 2].map((n) => n + seedOf(b)));
  expect(b.app.training.queue.left).toHaveLength(3);
  expect(b.app.training.queue.leftAfter(b.app.runs.list[0]!)).toBe(2);
  await b.app.training.queue.resumeAll();
  expect(kinds(b)).toEqual(['finished', 'finished', 'finished']);
  expect(b.app.runs.list.map(({ record }) => record.settings.training.seed)).toEqual(
    [0, 1, 2].map((n) => n + seedOf(b)),
  );
  expect(b.app.runs.waiting).toEqual([]);
  expect((await openTab('d')).app.training.queue.left).toEqual([]);
});
const seedOf = ({ app }: Tab): number => app.training.training.seed;

test('a waiting run is taken out, here or in the queue that works, and stays out', async () => {
  const a = await openTab('a');
  const goOn = await trainTo(a, 2, 3);
  await a.app.training.queue.drop(a.app.runs.waiting[0]!);
  expect(a.app.training.queue.places).toHaveLength(2);
  await goOn();
  expect(a.app.runs.list.map(({ record }) => record.settings.training.seed)).toEqual(
    [0, 2].map((n) => n + seedOf(a)),
  );
  const b = await openTab('b');
  expect(b.app.runs.waiting).toEqual([]);
  expect(kinds(b)).toEqual(['finished', 'finished']);
});

test('two tabs train different runs side by side, and each sees the other’s', async () => {
  const [a, b] = [await openTab('a'), await openTab('b')];
  const endA = await trainTo(a, 2);
  const endB = await trainTo(b, 4);
  await Promise.all([a.app.runs.look(), b.app.runs.look()]);
  expect(kinds(a).sort()).toEqual(['elsewhere', 'running']);
  expect(kinds(b).sort()).toEqual(['elsewhere', 'running']);
  await Promise.all([endA(), endB()]);
  await Promise.all([a.app.runs.look(), b.app.runs.look()]);
  expect(kinds(a)).toEqual(['finished', 'finished']);
  expect(kinds(b)).toEqual(['finished', 'finished']);
});

test('a run deleted in one tab is gone from the other', async () => {
  const [a, b] = [await openTab('a'), await openTab('b')];
  await (
    await trainTo(a, 2)
  )();
  await b.app.runs.look();
  expect(kinds(b)).toEqual(['finished']);
  expect(await a.app.runs.remove(a.app.runs.list[0]!, () => Promise.resolve())).toBe(true);
  await b.app.runs.look();
  expect(kinds(b)).toEqual([]);
});
