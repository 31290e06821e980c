/** W6 and W8: the built page itself, as a person meets it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { build, preview } from 'vite';
import { chromiumArguments, chromiumPath } from '../support/chromium.mjs';
import { CannotRun, type Counts, type Entry } from './contender.ts';
import { absentRow, measuredRow, type Row } from './table.ts';
import { inTime } from './time-out.ts';
import type { Workload } from './workloads.ts';

const watcher = fileURLToPath(new URL('./page/watch-main-thread.js', import.meta.url));
const MINUTE = 60_000;
const TRAINED_STEPS = '40';

/** Everything one visit may take. */
const LIMIT_SECONDS = 120;

export async function measurePage(
  workload: Workload,
  { quick, deadline }: { quick: boolean; deadline: number },
): Promise<Row[]> {
  const entry: Entry = { contender: 'idiolect', engine: 'wasm', where: 'chromium' };
  const work = workload.id === 'W6' ? trainWatched : coldMeasure;
  const times: number[] = [];
  let counts: Counts = {};
  let built: BuiltPage | undefined;
  try {
    if (performance.now() > deadline) throw new CannotRun('the time of the bench was up');
    built = await openBuiltPage();
    for (let run = 0; run < (quick ? 1 : workload.runs.cpu); run++) {
      const visited = await inTime(LIMIT_SECONDS, built.visit(work));
      times.push(visited.milliseconds);
      ({ counts } = visited);
    }
  } catch (error) {
    if (times.length === 0) {
      return [absentRow(workload, entry, error instanceof Error ? error.message : String(error))];
    }
  } finally {
    await built?.close();
  }
  return [measuredRow(workload, entry, times, { counts })];
}

interface Visited {
  milliseconds: number;
  counts: Counts;
}

interface BuiltPage {
  /** Works in a fresh browser. */
  visit(work: (page: Page) => Promise<Visited>): Promise<Visited>;
  close(): Promise<void>;
}

/** Builds the page into a folder of its own and serves it. */
async function openBuiltPage(): Promise<BuiltPage> {
  const outDir = await mkdtemp(join(tmpdir(), 'idiolect-bench-'));
  await build({ logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const server = await preview({
    logLevel: 'error',
    preview: { port: 0, open: false },
    build: { outDir },
  });
  return {
    async visit(work) {
      const browser = await chromium.launch({
        executablePath: chromiumPath(),
        args: chromiumArguments,
      });
      try {
        const page = await browser.newPage();
        await page.addInitScript({ path: watcher });
        await page.goto(server.resolvedUrls!.local[0]!, { waitUntil: 'commit' });
        return await work(page);
      } finally {
        await browser.close();
      }
    },
    async close() {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}

/** W8: from opening the address to bars, Measure being pressed as soon as it can be. */
async function coldMeasure(page: Page): Promise<Visited> {
  const began = performance.now();
  const measure = page.locator('[data-action="measure"]:not([disabled])');
  await measure.waitFor({ timeout: MINUTE });
  const clicked = performance.now();
  await measure.click();
  // The sentence over the bars names a winner as soon as all of them stand.
  await page.getByText('is the most familiar').first().waitFor({ timeout: MINUTE });
  const ended = performance.now();
  return { milliseconds: ended - began, counts: { ms_from_click: ended - clicked } };
}

/** W6: the longest time the main thread was not free, from Train to the last step. */
async function trainWatched(page: Page): Promise<Visited> {
  const train = page.locator('#train');
  await page.locator('[data-action="measure"]:not([disabled])').waitFor({ timeout: MINUTE });
  await train.locator('summary').first().click();
  const steps = train.getByRole('textbox', { name: 'Steps', exact: true }).first();
  await steps.fill(TRAINED_STEPS);
  await steps.blur();
  const boxes = await train.locator('fieldset input[type=checkbox]').all();
  for (const box of boxes.slice(1)) if (await box.isChecked()) await box.uncheck();
  await page.evaluate(() => window.mainThread.reset());
  await page.locator('[data-action="train"]').click();
  await page
    .locator('#compare tbody td')
    .filter({ hasText: new RegExp(`^finished ${TRAINED_STEPS} steps$`) })
    .first()
    .waitFor({ timeout: 3 * MINUTE });
  const counts: Counts = await page.evaluate(() => window.mainThread.read());
  return { milliseconds: counts['longest_task_ms']!, counts };
}

declare global {
  interface Window {
    mainThread: { reset(): void; read(): Record<string, number> };
  }
}
