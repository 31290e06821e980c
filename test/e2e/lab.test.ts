/**
 * The whole way on the built page: default model, measure, train, stop, reload, go on, ask before
 * and after, take the adapter home.
 */
import { unzipSync } from 'fflate';
import { readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seriousFindings } from './audit.ts';
import { watchTasks } from './main-thread.ts';
import { openPage, type OpenedPage } from './page.ts';

let opened: OpenedPage;
const find = (selector: string) => opened.page.locator(selector);
const MINUTE = 60_000;
/** Example sets that are shown at first. */
const SETS = 7;
/** A cell of the run table with exactly this text. */
const cell = (text: RegExp) => find('#compare tbody td').filter({ hasText: text }).first();
const steps = () => find('#train').getByRole('textbox', { name: 'Steps', exact: true }).first();
const stop = () => find('#train').getByRole('button', { name: 'Stop', exact: true });

beforeAll(async () => {
  opened = await openPage();
});
afterAll(() => opened.close());

it('opens the default model on the CPU engine with threads', async () => {
  expect(await opened.page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
  await find('[data-action="measure"]:not([disabled])').waitFor({ timeout: MINUTE });
  expect(await find('#model').innerText()).toMatch(/WebAssembly/);
  expect(await find('#familiarity rect.bar').count()).toBe(0);
});

it('measures: a number and a bar for every set within ten seconds of the click', async () => {
  const began = performance.now();
  await find('[data-action="measure"]').click();
  await find('#familiarity text.value')
    .nth(SETS - 1)
    .waitFor({ timeout: MINUTE });
  const bars = (performance.now() - began) / 1000;
  await find('#familiarity').getByText('Measure again').waitFor({ timeout: MINUTE });
  const all = (performance.now() - began) / 1000;
  console.log(
    `bars of every set after ${bars.toFixed(1)} s, every answer after ${all.toFixed(1)} s`,
  );
  // The promise is for a machine that has nothing else to do.
  expect(bars).toBeLessThan(10 * Math.max(1, loadavg()[0]! / cpus().length));
  const averages = (await find('#familiarity text.value').allTextContents()).map((text) =>
    Number(text.replaceAll(',', '')),
  );
  const widths = await find('#familiarity rect.bar').evaluateAll((bars) =>
    bars.map((bar) => bar.getBoundingClientRect().width),
  );
  expect(averages).toHaveLength(SETS);
  // From the most to the least familiar set, on one axis.
  expect(averages[0]).toBeGreaterThan(1);
  expect(averages).toEqual(averages.toSorted((a, b) => a - b));
  expect(widths).toEqual(widths.toSorted((a, b) => a - b));
  expect(widths[0]).toBeGreaterThan(0);
});

it('says what training will cost before it starts', async () => {
  await find('#train').scrollIntoViewIfNeeded();
  const plan = find('#train .plan');
  await plan.getByText(/Weights trained/).waitFor({ timeout: MINUTE });
  expect(await plan.innerText()).toMatch(/\d+ to learn from, \d+ held out[^]*MB[^]*about \d/);
});

it('trains 20 steps: a curve on screen and the held-out loss falls', async () => {
  await find('#train summary').first().click();
  await steps().fill('20');
  await steps().blur();
  await find('#train .plan').scrollIntoViewIfNeeded();
  const ended = await watchTasks(opened.page);
  const began = performance.now();
  await find('[data-action="train"]').click();
  await cell(/^running at [1-9]\d* of 20$/).waitFor({ timeout: MINUTE });
  await opened.page.waitForFunction(() => /^\d+ % /.test(document.title));
  await cell(/^finished 20 steps$/).waitFor({ timeout: 2 * MINUTE });
  const seconds = (performance.now() - began) / 1000;
  const { longest } = await ended();
  console.log(
    `20 steps in ${seconds.toFixed(1)} s; longest task while training ${longest.toFixed(1)} ms`,
  );
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(50);
  await find('#train figure').first().scrollIntoViewIfNeeded();
  await opened.page.waitForTimeout(500);
  const inked = await find('#train canvas').first().evaluate(coloredPixels);
  expect(inked).toBeGreaterThan(200);
  const cells = await find('#compare tr[data-run]').first().locator('td').allInnerTexts();
  const [before, after] = cells.map(Number).filter((value) => value > 0 && value < 20);
  expect(after).toBeLessThan(before!);
});

it('fits a phone: nothing but tables scrolls sideways', async () => {
  const wide = opened.page.viewportSize()!;
  await opened.page.setViewportSize({ width: 360, height: 780 });
  await expect
    .poll(() => opened.page.evaluate(() => document.documentElement.scrollWidth))
    .toBe(360);
  await opened.page.setViewportSize(wide);
});

it('stops a longer run, and a reload finds both', async () => {
  await steps().fill('400');
  await steps().blur();
  await find('[data-action="train"]').click();
  await cell(/^running at [1-9]\d* of 400$/).waitFor({ timeout: MINUTE });
  await stop().click({ timeout: MINUTE });
  await cell(/^stopped at \d+ of 400$/).waitFor({ timeout: MINUTE });
  await opened.page.reload();
  await find('[data-action="resume"]:not([disabled])').first().waitFor({ timeout: MINUTE });
  expect(await find('#compare tr[data-run]').count()).toBe(2);
});

it('goes on with the stopped run and stops it again, further on', async () => {
  const stoppedAt = async (): Promise<number> => {
    const text = await cell(/^stopped at \d+ of 400$/).innerText();
    return Number(/\d+/.exec(text)![0]);
  };
  const before = await stoppedAt();
  await find('[data-action="resume"]').first().click();
  await opened.page.waitForFunction((step) => {
    const states = [...document.querySelectorAll('#compare tbody td')].map(
      (cell) => cell.textContent,
    );
    const running = states.map((text) => /^running at (\d+) of 400$/.exec(text.trim())?.[1]);
    return running.some((at) => at !== undefined && Number(at) >= step + 2);
  }, before);
  await stop().click({ timeout: MINUTE });
  await cell(/^stopped at \d+ of 400$/).waitFor({ timeout: MINUTE });
  expect(await stoppedAt()).toBeGreaterThan(before);
});

it('stops a run that is asked to stop before it has begun', async () => {
  await find('[data-action="resume"]').first().click();
  await stop().click({ timeout: MINUTE });
  await find('[data-action="train"]:not([disabled])').waitFor({ timeout: MINUTE });
  await cell(/^stopped at \d+ of 400$/).waitFor({ timeout: MINUTE });
});

it('answers before and after with the adapter of the run finished before the reload', async () => {
  await find('#try select').first().selectOption({ label: 'Dialect A, 20 steps' });
  await find('[data-action="ask"]').click();
  for (const which of ['base', 'adapter']) {
    await find(`[data-answer="${which}"][aria-busy="false"]`).waitFor({ timeout: MINUTE });
    expect(await find(`[data-answer="${which}"]`).innerText()).toMatch(/\w+ \w+ \w+/);
  }
});

it('takes that adapter home as PEFT files, trained and not as it began', async () => {
  const [download] = await Promise.all([
    opened.page.waitForEvent('download'),
    find('[data-action="export"]').click(),
  ]);
  const files = unzipSync(new Uint8Array(await readFile(await download.path())));
  expect(Object.keys(files).sort()).toEqual([
    'README.md',
    'adapter_config.json',
    'adapter_model.safetensors',
  ]);
  const config = JSON.parse(new TextDecoder().decode(files['adapter_config.json'])) as {
    peft_type: string;
    r: number;
  };
  expect(config).toMatchObject({ peft_type: 'LORA', r: 8 });
  // B starts at zero: only a loaded checkpoint has other numbers there.
  expect(largestOf(files['adapter_model.safetensors']!, 'lora_B')).toBeGreaterThan(0);
});

it('has nothing serious for axe to find', async () => {
  expect(await seriousFindings(opened.page)).toEqual([]);
});

it('wrote no error to the console', () => {
  expect(opened.errors).toEqual([]);
});

/** Pixels that are neither paper nor gray: those of a curve. */
function coloredPixels(element: SVGElement | HTMLElement): number {
  const { width, height } = element as HTMLCanvasElement;
  const context = (element as HTMLCanvasElement).getContext('2d')!;
  const { data } = context.getImageData(0, 0, width, height);
  let colored = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b, a] = [data[i]!, data[i + 1]!, data[i + 2]!, data[i + 3]!];
    if (a > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) colored++;
  }
  return colored;
}

/** Largest absolute value of the F32 tensors whose name holds `part`. */
function largestOf(file: Uint8Array, part: string): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    { data_offsets: [number, number] } | undefined
  >;
  let largest = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (entry === undefined || !name.includes(part)) continue;
    const [from, to] = entry.data_offsets;
    for (let at = from; at < to; at += 4) {
      largest = Math.max(largest, Math.abs(view.getFloat32(8 + length + at, true)));
    }
  }
  return largest;
}
