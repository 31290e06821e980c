/**
 * Browsers that keep nothing, or little, or offer only half of what others do: the page measures, trains and
 * finishes all the same, and says once what will be gone.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage, type OpenedPage } from './page.ts';

const MINUTE = 60_000;
let opened: OpenedPage;
beforeAll(async () => {
  opened = await openPage();
});
afterAll(() => opened.close());

/** What a browser lacks: said to the page and to its workers before any of their lines. */
const LACKS = {
  'no createWritable, as in older Safari': 'delete FileSystemFileHandle.prototype.createWritable;',
  'no private file system, as in private windows':
    'StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException("refused", "SecurityError"));',
  'no IndexedDB': 'Object.defineProperty(globalThis, "indexedDB", { value: undefined });',
  'neither of both':
    'StorageManager.prototype.getDirectory = undefined; Object.defineProperty(globalThis, "indexedDB", { value: undefined });',
  'no Web Locks':
    'for (const kind of [globalThis.Navigator, globalThis.WorkerNavigator]) if (kind) Object.defineProperty(kind.prototype, "locks", { value: undefined });',
} as const;

async function prepare(context: BrowserContext, script: string): Promise<void> {
  await context.addInitScript(script);
  await context.route(/assets\/trainer-[\w-]+\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script}\n${await response.text()}` });
  });
}

/** Measures nothing of interest: opens, trains eight steps, waits for the end. */
async function trains(page: Page): Promise<string> {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${opened.url}#train.steps=8&train.evaluateEvery=2&check.heldOutQuestions=0`);
  await page.locator('[data-action="measure"]:not([disabled])').waitFor({ timeout: MINUTE });
  await page.locator('[data-action="train"]').click();
  await page
    .locator('#compare tbody td')
    .filter({ hasText: /^finished 8 steps$/ })
    .first()
    .waitFor({ timeout: 2 * MINUTE });
  expect(errors).toEqual([]);
  const text = await page.locator('main').innerText();
  expect(text).not.toContain('Something broke');
  return text;
}

it.each(Object.entries(LACKS))('%s', async (what, script) => {
  const context = await opened.page.context().browser()!.newContext();
  await prepare(context, script);
  const page = await context.newPage();
  const text = await trains(page);
  if (what.startsWith('no private') || what.includes('IndexedDB') || what.startsWith('neither')) {
    expect(text).toMatch(/gone when this page is closed|keeps no|keeps nothing|refused/);
  }
  await context.close();
});

it('a quota of one kilobyte', async () => {
  const context = await opened.page.context().browser()!.newContext();
  const page = await context.newPage();
  await page.goto(opened.url);
  const session = await context.newCDPSession(page);
  const origin = new URL(opened.url).origin;
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
  await page.goto('about:blank');
  const text = await trains(page);
  expect(text).toMatch(/no room|is full|quota|cannot be (written|kept|stored)/i);
  await context.close();
});
