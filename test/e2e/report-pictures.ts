/**
 * Pictures of an experiment's report: on the page and as its HTML file, wide and narrow, light and dark,
 * as it opens, unfolded with the reference run, and on paper; and axe's verdict on each:
 * `npx tsx test/e2e/report-pictures.ts RESULTS FOLDER`, RESULTS being what `npm run experiment` wrote. To
 * look at, not to compare.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { createServer } from 'vite';
import { chromiumPath } from '../support/chromium.mjs';
import type { ExperimentReport } from '../../src/experiment/report/report.ts';
import { readResult, resultFiles } from '../../src/workflows/experiment/experiment-result.ts';
import { seriousFindings } from './audit.ts';

const results = process.argv[2]!;
const folder = process.argv[3] ?? 'test/e2e/output';
/** Only views whose name holds this. */
const only = process.argv[4] ?? '';
mkdirSync(folder, { recursive: true });

const sizes = [
  { name: 'wide', width: 1280, height: 900 },
  { name: 'narrow', width: 360, height: 780 },
] as const;
const server = await createServer({ server: { port: 0 }, logLevel: 'error' });
await server.listen();
const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
const json = readFileSync(join(results, 'report.json'), 'utf8');
const reference = JSON.parse(
  readFileSync('public/reference/cross-over.json', 'utf8'),
) as ExperimentReport;
const file = join(folder, 'report.html');
writeFileSync(file, resultFiles(readResult(json), reference)['report.html']!);
let problems = 0;

for (const size of sizes) {
  for (const theme of ['light', 'dark'] as const) {
    const view = `${size.name}-${theme}`;
    if (!view.includes(only)) continue;
    const page = await browser.newPage({ viewport: size, colorScheme: theme });
    page.on('pageerror', (error) => console.log(`${view}: ${error.stack ?? error.message}`));
    await page.route('**/report.json', (route) => route.fulfill({ body: json }));
    await page.goto(`${server.resolvedUrls!.local[0]!}test/support/report.html`, {
      timeout: 180_000,
    });
    await page.waitForSelector('[data-experiment]', { timeout: 180_000 });
    await page.waitForTimeout(500);
    await shoot(page, `${view}-page`);
    await page.getByRole('button', { name: 'Show the reference run' }).click();
    await page.waitForSelector('text=Hollow marks');
    await unfold(page);
    await shoot(page, `${view}-page-unfolded`);
    if (view === 'wide-light') await page.pdf({ path: join(folder, 'page.pdf'), format: 'A4' });
    await page.goto(pathToFileURL(resolve(file)).href);
    await shoot(page, `${view}-file`);
    if (view === 'wide-light') await page.pdf({ path: join(folder, 'file.pdf'), format: 'A4' });
    await page.getByLabel('Lay the reference run over the figures').check();
    await unfold(page);
    await shoot(page, `${view}-file-unfolded`);
    await page.close();
  }
}
await browser.close();
await server.close();
console.log(`${problems} findings`);
process.exitCode = problems > 0 ? 1 : 0;

async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
  });
  await page.waitForTimeout(300);
}

/** A picture of the whole page, axe's verdict, and whether anything but tables scrolls sideways. */
async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  for (const finding of await seriousFindings(page)) {
    problems++;
    console.log(`${name}: ${finding}`);
  }
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 0) {
    problems++;
    console.log(`${name}: scrolls sideways by ${overflow} px`);
  }
}
