/**
 * A queue of two seeds on the built page, ended twenty times in its middle: by a reload, by closing the tab,
 * by a crash of it, by a crash of the worker alone, with a second tab looking on and taking over. At
 * the end the curves are complete, each point once and to the last digit that of an undisturbed
 * queue, and nothing of the queue is missing.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BrowserContext, Page } from 'playwright-core';
import { openPage, type OpenedPage } from './page.ts';

const MINUTE = 60_000;
const STEPS = 100;
const SETTINGS = `#train.steps=${STEPS}&train.evaluateEvery=5&seeds=2&check.heldOutQuestions=2`;
const WAYS = ['reload', 'close', 'crash', 'worker'] as const;
const INTERRUPTIONS = 20;

let opened: OpenedPage;
let context: BrowserContext;
beforeAll(async () => {
  opened = await openPage();
  context = opened.page.context();
});
afterAll(() => opened.close());

const ready = (page: Page) =>
  page.locator('[data-action="measure"]:not([disabled])').waitFor({ timeout: 2 * MINUTE });

async function newTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  // Leaving while it trains asks first.
  page.on('dialog', (dialog) => void dialog.accept().catch(() => undefined));
  await page.goto(`${opened.url}${SETTINGS}`);
  await ready(page);
  return page;
}

interface KeptRun {
  seed: number;
  state: string;
  step: number[];
  loss: string[];
  validationLoss: string[];
  checks: string[];
}

/** What the browser keeps of every run, by its seed. */
async function keptRuns(page: Page): Promise<KeptRun[]> {
  const runs = await page.evaluate(async () => {
    interface Row {
      runId: string;
      from: number;
      columns: Record<'step' | 'loss' | 'validationLoss', Float64Array>;
    }
    interface Stored {
      id: string;
      state: string;
      settings: { training: { seed: number } };
      answers?: unknown[];
    }
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('idiolect-runs');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error(request.error?.message));
    });
    const all = <Value>(store: string) =>
      new Promise<Value[]>((resolve, reject) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result as Value[]);
        request.onerror = () => reject(new Error(request.error?.message));
      });
    const records = await all<Stored>('runs');
    const chunks = await all<Row>('chunks');
    database.close();
    return records.map(({ id, state, settings, answers = [] }) => {
      const own = chunks.filter(({ runId }) => runId === id).sort((a, b) => a.from - b.from);
      const column = (name: keyof Row['columns']) =>
        own.flatMap(({ columns }) => [...columns[name]]);
      return {
        seed: settings.training.seed,
        state,
        step: column('step'),
        loss: column('loss').map(String),
        validationLoss: column('validationLoss').map(String),
        checks: answers.map((check) => JSON.stringify(check)),
      };
    });
  });
  return runs.sort((a, b) => a.seed - b.seed);
}

async function trainedSteps(page: Page): Promise<number> {
  return (await keptRuns(page)).reduce((sum, { step }) => sum + (step.at(-1) ?? 0), 0);
}

const finished = (page: Page) =>
  expect
    .poll(
      async () => {
        const texts = await page.locator('#compare tbody td').allInnerTexts();
        return texts.filter((text) => text.trim() === `finished ${STEPS} steps`).length;
      },
      { timeout: 3 * MINUTE },
    )
    .toBe(2);

let expected: KeptRun[];

it('a queue that nobody disturbs, to compare with', async () => {
  const alone = await context.browser()!.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await newTab(alone);
  await page.locator('[data-action="train"]').click();
  await finished(page);
  expected = await keptRuns(page);
  expect(expected).toHaveLength(2);
  for (const { step } of expected) {
    expect(step[0]).toBe(0);
    expect(step.at(-1)).toBe(STEPS);
  }
  await alone.close();
});

it(
  `${INTERRUPTIONS} interruptions leave the same runs`,
  async () => {
    let page = await newTab(context);
    const other = await newTab(context);
    await page.locator('[data-action="train"]').click();
    let interrupted = 0;
    for (let i = 0; i < INTERRUPTIONS; i++) {
      const before = await trainedSteps(other);
      const target = Math.min(before + 6, 2 * STEPS - 4);
      await expect
        .poll(() => trainedSteps(other), { timeout: 2 * MINUTE })
        .toBeGreaterThan(target - 1);
      // While one tab trains, the other may look on and no more.
      if (i === 1) {
        await other
          .locator('[data-part="unfinished"]')
          .getByText(/is in another tab/)
          .first()
          .waitFor({ timeout: MINUTE });
        expect(await other.locator('[data-action="resume"]').count()).toBe(0);
      }
      const way = WAYS[i % WAYS.length]!;
      if (way === 'reload') await page.reload();
      if (way === 'close') await page.close();
      if (way === 'crash') {
        const session = await context.newCDPSession(page);
        // Answered by nobody.
        void session.send('Page.crash').catch(() => undefined);
        await page.waitForEvent('crash');
        await page.close();
      }
      if (way === 'worker') {
        await page.workers()[0]!.evaluate('self.close()');
        const goOn = page.getByRole('button', { name: 'Open it again and go on training' });
        await goOn.waitFor({ timeout: 10_000 });
        await goOn.click();
      }
      interrupted++;
      if (way === 'worker') continue;
      if (way === 'reload') await ready(page);
      else page = await newTab(context);
      const goOn = page.locator('[data-action="resume-all"], [data-action="resume"]').first();
      await goOn.waitFor({ timeout: MINUTE });
      await expect.poll(() => goOn.isEnabled(), { timeout: MINUTE }).toBe(true);
      await goOn.click();
    }
    await finished(page);
    expect(interrupted).toBe(INTERRUPTIONS);
    const found = await keptRuns(page);
    for (const [i, run] of expected.entries()) {
      expect(found[i]!.step, `seed ${run.seed}`).toEqual(run.step);
      expect(found[i]).toEqual(run);
    }
    expect(found).toHaveLength(expected.length);
    await other.close();
  },
  10 * MINUTE,
);
