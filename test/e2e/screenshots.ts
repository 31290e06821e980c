/**
 * Pictures of the page with the fake trainer, wide and narrow, light and dark, and axe's verdict on
 * each: `npx tsx test/e2e/screenshots.ts FOLDER`. To look at, not to compare.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { createServer } from 'vite';
import { chromiumPath } from '../support/chromium.mjs';
import { seriousFindings } from './audit.ts';

const folder = process.argv[2] ?? 'test/e2e/output';
/** Only views whose name holds this: quicker while working on one. */
const only = process.argv[3] ?? '';
mkdirSync(folder, { recursive: true });

const sizes = [
  { name: 'wide', width: 1280, height: 900 },
  { name: 'narrow', width: 360, height: 780 },
] as const;
const themes = ['light', 'dark'] as const;
const server = await createServer({ server: { port: 0 }, logLevel: 'error' });
await server.listen();
const address = `${server.resolvedUrls!.local[0]!}test/support/preview.html`;
const browser = await chromium.launch({
  executablePath: chromiumPath(),
  args: ['--no-sandbox'],
});
let serious = 0;

for (const size of sizes) {
  for (const theme of themes) {
    const view = `${size.name}-${theme}`;
    if (!view.includes(only)) continue;
    const page = await browser.newPage({ viewport: size, colorScheme: theme });
    page.on('pageerror', (error) => console.log(`${view}: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') console.log(`${view}: ${message.text()}`);
    });
    await page.goto(address);
    await page.getByRole('button', { name: /^Measure/ }).isEnabled();
    await page.waitForSelector('[data-action="measure"]:not(:disabled)');
    await page.waitForTimeout(400);
    const shoot = (name: string, fullPage = false): Promise<Buffer> =>
      page.screenshot({ path: join(folder, `${view}-${name}.png`), fullPage });

    await shoot('1-first');
    serious += await audit(page, `${view} first`);
    await page.click('[data-action="measure"]');
    await page.waitForSelector('text=is the most familiar', { timeout: 60_000 });
    await page.waitForTimeout(800);
    await page.evaluate(() => document.getElementById('familiarity')!.scrollIntoView());
    await page.waitForTimeout(700);
    await shoot('2-measured');
    await shoot('3-whole', true);
    serious += await audit(page, `${view} measured`);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (overflow > 0) {
      const widest = await page.evaluate(() =>
        [...document.querySelectorAll('main *, header *')]
          .filter(
            (e) =>
              e.getBoundingClientRect().right > document.documentElement.clientWidth &&
              e.closest('.table-scroll, nav, [popover]') === null,
          )
          .map((e) => e.outerHTML.slice(0, 120)),
      );
      console.log(
        `${view}: the page scrolls sideways by ${overflow} px: ${widest.slice(0, 3).join(' | ')}`,
      );
    }
    for (const fold of await page.locator('details > summary').all()) await fold.click();
    await page.getByRole('button', { name: 'Add your own answers' }).click();
    await page.getByLabel(/Or paste records/).fill('What is 2 + 3?\t5\nWhat is 4 + 4?\t8');
    await page.getByRole('button', { name: 'Read what I pasted' }).click();
    await page.getByLabel(/Show what the model gets/).check();
    await page.waitForTimeout(500);
    await shoot('4-unfolded', true);
    serious += await audit(page, `${view} unfolded`);
    await page.getByRole('button', { name: 'Storage', exact: true }).click();
    await page.waitForTimeout(300);
    await shoot('5-dialog');
    serious += await audit(page, `${view} dialog`);
    await page.close();
  }
}
await browser.close();
await server.close();
console.log(`${serious} serious findings by axe`);
process.exitCode = serious > 0 ? 1 : 0;

async function audit(page: Page, name: string): Promise<number> {
  const found = await seriousFindings(page);
  for (const line of found) console.log(`${name}: ${line}`);
  return found.length;
}
