/**
 * The session in IndexedDB: a write refused, and the end of the tab, at every write. What was kept before is
 * here again on the next visit, sets are whole or not there, and a refusal is said.
 */
import { flushSync } from 'svelte';
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { tinyApp } from '../support/tiny-app.ts';

vi.mock('../../src/state/persist.ts', () => ({ askToPersist: () => Promise.resolve(true) }));
// eslint-disable-next-line @typescript-eslint/unbound-method -- applied to its store below
const put = IDBObjectStore.prototype.put;
afterEach(() => {
  IDBObjectStore.prototype.put = put;
  vi.unstubAllGlobals();
});

const terse = {
  id: 'terse',
  name: 'Terse',
  rows: ['What is 2 + 3?', 'What is 4 + 4?', 'What is 9 - 1?'].map((question, i) => ({
    ...{ id: `q${i}`, question, response: `${i}.`, gold: String(i) },
  })),
};
const FAULTS = {
  QuotaExceededError: { lasting: false },
  AbortError: { lasting: false },
  /** The tab is gone: nothing is written any more. */
  crash: { lasting: true },
} as const;

/** The n-th write fails, for a crash every one from it on. @returns how many there were */
function refuseAt(n: number, fault: keyof typeof FAULTS) {
  const count = { writes: 0, hit: false };
  IDBObjectStore.prototype.put = function (...values: Parameters<typeof put>) {
    count.writes++;
    const fails = FAULTS[fault].lasting ? count.writes >= n : count.writes === n;
    if (!fails) return put.apply(this, values);
    count.hit = true;
    throw new DOMException('planted', fault === 'crash' ? 'InvalidStateError' : fault);
  };
  return count;
}

async function visit(): Promise<AppState> {
  const app = tinyApp({ session: { name: 'faults', leave: () => undefined } });
  await app.start();
  return app;
}

/** @returns what was kept before anything was refused */
async function work(app: AppState, count: { hit: boolean }): Promise<string[]> {
  const kept: string[] = [];
  const step = async (name: string, change: () => void | Promise<void>) => {
    await change();
    flushSync();
    await app.session!.settled();
    if (!count.hit) kept.push(name);
  };
  await step('set', () => app.answers.add([terse]));
  await step('excluded', () => app.answers.exclude(['q2']));
  await step('measured', () => app.familiarity.measure());
  await step('question', () => void (app.playground.question = 'And 3 + 3?'));
  return kept;
}

function check(app: AppState, kept: readonly string[], where: string): void {
  const set = app.answers.entry('terse')?.set;
  if (set) expect(set.rows, where).toEqual(terse.rows);
  if (kept.includes('set')) expect(set, where).toBeDefined();
  if (kept.includes('excluded')) expect([...app.answers.excluded], where).toEqual(['q2']);
  if (kept.includes('measured')) expect(app.familiarity.complete, where).toBe(true);
  if (kept.includes('question')) expect(app.playground.question, where).toBe('And 3 + 3?');
}

test.each(Object.keys(FAULTS) as (keyof typeof FAULTS)[])(
  '%s at every write',
  async (fault) => {
    let points = 0;
    for (let n = 1; ; n++) {
      vi.stubGlobal('indexedDB', new IDBFactory());
      const app = await visit();
      const count = refuseAt(n, fault);
      const kept = await work(app, count);
      const { writes, hit } = count;
      // A tab that is gone says nothing more; one that lives says what is in its memory only.
      if (hit && fault === 'crash') expect(app.session!.refused).toBeDefined();
      app.session!.close();
      IDBObjectStore.prototype.put = put;
      if (!hit) break;
      points++;
      const later = await visit();
      check(later, kept, `${fault} at write ${n} of ${writes}`);
      later.session!.close();
    }
    expect(points).toBeGreaterThanOrEqual(4);
    console.log(`session: ${fault} at ${points} writes`);
  },
  60_000,
);
