/** The page stays smooth under a long run: 10,000 points on screen, ten more a second. */
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServer, type ViteDevServer } from 'vite';
import { chromiumArguments, chromiumPath } from '../support/chromium.mjs';
import { watchTasks } from './main-thread.ts';

const POINTS = 10_000;
const STEPS = POINTS + 1000;
const HERTZ = 10;

let server: ViteDevServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server = await createServer({ server: { port: 0 }, logLevel: 'error' });
  await server.listen();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArguments });
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const settings = `#train.steps=${STEPS}&train.logEvery=1`;
  const address = `test/support/preview.html?ahead=${POINTS}&pause=${1000 / HERTZ}${settings}`;
  await page.goto(server.resolvedUrls!.local[0]! + address);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

it('draws 10,000 points and ten more a second in tasks below 50 ms', async () => {
  await page.click('[data-action="train"]:not([disabled])');
  const step = page.locator('#train [data-reading] td').first();
  await page.waitForFunction(
    (points) => Number(document.querySelector('#train [data-reading] td')?.textContent) >= points,
    POINTS,
    { timeout: 60_000 },
  );
  await page.locator('#train canvas').first().scrollIntoViewIfNeeded();
  await page.waitForTimeout(1000);
  const before = Number(await step.innerText());
  const ended = await watchTasks(page);
  await page.waitForTimeout(4000);
  const { longest, count } = await ended();
  const points = Number(await step.innerText()) - before;
  console.log(
    `${points} points in 4 s, ${count} tasks, longest ${longest.toFixed(1)} ms of processor time`,
  );
  expect(points).toBeGreaterThan(15);
  expect(count).toBeGreaterThan(points);
  expect(longest).toBeLessThan(50);
});
