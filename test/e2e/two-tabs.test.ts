/** Two tabs in Chromium, with its Web Locks and its IndexedDB: watching, closing, crashing, going on. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { chromiumArguments, chromiumPath } from '../support/chromium.mjs';
import { seriousFindings } from './audit.ts';

let server: ViteDevServer;
let browser: Browser;
let context: BrowserContext;
let errors: string[];

beforeAll(async () => {
  server = await createServer({ server: { port: 0 }, logLevel: 'error' });
  await server.listen();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArguments });
});
afterAll(async () => {
  await browser.close();
  await server.close();
});
beforeEach(async () => {
  errors = [];
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
});
afterEach(() => context.close());

async function open(): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  const address =
    'test/support/preview.html?pause=60#seeds=3&train.steps=120&check.heldOutQuestions=0';
  await page.goto(server.resolvedUrls!.local[0]! + address);
  await page.waitForSelector('[data-action="train"]:not([disabled])', { timeout: 30_000 });
  return page;
}
/** Of the runs in the browser's database: how many rows of a log, and how many different steps. */
const logs = (page: Page) =>
  page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('idiolect-runs');
      request.onsuccess = () => resolve(request.result);
    });
    const all = (store: string) =>
      new Promise<unknown[]>((resolve) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result as unknown[]);
      });
    const runs = (await all('runs')) as { id: string; state: string }[];
    const chunks = (await all('chunks')) as { runId: string; columns: { step: Float64Array } }[];
    const waiting = (await all('queue')).length;
    database.close();
    return {
      waiting,
      runs: runs.map(({ id, state }) => {
        const steps = chunks
          .filter(({ runId }) => runId === id)
          .flatMap((c) => [...c.columns.step]);
        return { state, rows: steps.length, distinct: new Set(steps).size };
      }),
    };
  });
const left = (page: Page) => page.locator('[data-unfinished]');

it('shows a run of another tab as that, follows it, and goes on with all once the tab is gone', async () => {
  const a = await open();
  const b = await open();
  await a.click('[data-action="train"]');
  await left(b).first().getByText('is in another tab').waitFor();
  expect(await left(b).getByText('waits in another tab').count()).toBe(2);
  expect(await b.locator('[data-action="resume"], [data-action="resume-all"]').count()).toBe(0);
  const step = async () =>
    Number(/at step (\d+)/.exec((await left(b).first().textContent()) ?? '')?.[1]);
  const before = await step();
  await expect.poll(step, { timeout: 10_000 }).toBeGreaterThan(before);
  await b
    .getByRole('button', { name: /^Details of/ })
    .first()
    .click();
  expect(await b.getByRole('button', { name: /^Delete this run/ }).isDisabled()).toBe(true);
  await b.keyboard.press('Escape');
  expect(await seriousFindings(b)).toEqual([]);

  await a.close();
  await left(b).first().getByText('was interrupted').waitFor({ timeout: 10_000 });
  expect(await left(b).getByText('has not begun').count()).toBe(2);
  expect(await seriousFindings(b)).toEqual([]);
  await b.click('[data-action="resume-all"]');
  await expect
    .poll(async () => (await logs(b)).runs.map(({ state }) => state), { timeout: 60_000 })
    .toEqual(['finished', 'finished', 'finished']);
  const { runs, waiting } = await logs(b);
  expect(waiting).toBe(0);
  for (const { rows, distinct } of runs) expect(rows).toBe(distinct);
  expect(errors).toEqual([]);
}, 120_000);

it('keeps the whole queue through crashes, and never trains one run twice', async () => {
  const crashes = 2;
  for (let i = 0; i <= crashes; i++) {
    const pages = [await open(), await open()];
    if (i === 0) await pages[0]!.click('[data-action="train"]');
    else {
      await pages[0]!.waitForSelector('[data-action="resume-all"]:not([disabled])');
      // Both tabs at once.
      await Promise.all(
        pages.map((page) => page.click('[data-action="resume-all"]', { noWaitAfter: true })),
      );
    }
    if (i === crashes) {
      await expect
        .poll(async () => (await logs(pages[1]!)).runs.map(({ state }) => state), {
          timeout: 60_000,
        })
        .toEqual(['finished', 'finished', 'finished']);
      const { runs, waiting } = await logs(pages[0]!);
      expect(waiting).toBe(0);
      for (const { rows, distinct } of runs) expect(rows).toBe(distinct);
      break;
    }
    await pages[0]!.waitForTimeout(1500 + 300 * i);
    const { runs, waiting } = await logs(pages[1]!);
    expect(runs.length + waiting).toBe(3);
    for (const page of pages) {
      const session = await context.newCDPSession(page);
      void session.send('Page.crash').catch(() => undefined);
      await page.waitForEvent('crash');
      await page.close();
    }
  }
}, 180_000);
