/** The whole way on the built page: default model, measure, train, reload, go on, take the adapter home. */
import { unzipSync } from 'fflate';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage, type OpenedPage } from './page.ts';

let opened: OpenedPage;
const find = (selector: string) => opened.page.locator(selector);
const MINUTE = 60_000;
/** A cell of the run table with exactly this text. */
const cell = (text: string | RegExp) => find('#compare tbody td').filter({ hasText: text }).first();
const steps = () => find('#train').getByRole('textbox', { name: 'Steps', exact: true }).first();

beforeAll(async () => {
  opened = await openPage();
});
afterAll(() => opened.close());

it('opens the default model on the CPU engine with threads', async () => {
  expect(await opened.page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
  await find('[data-action="measure"]:not([disabled])').waitFor({ timeout: MINUTE });
  const engine = await find('#model').innerText();
  expect(engine).toMatch(/WebAssembly/);
});

it('measures: bars on screen within ten seconds of the click', async () => {
  const began = performance.now();
  await find('[data-action="measure"]').click();
  await find('#familiarity figure svg, #familiarity svg').first().waitFor({ timeout: MINUTE });
  const seconds = (performance.now() - began) / 1000;
  console.log(`first bars after ${seconds.toFixed(1)} s`);
  expect(seconds).toBeLessThan(10);
  await find('[data-action="train"]:not([disabled])').waitFor({ timeout: 2 * MINUTE });
});

it('trains 20 steps: a curve on screen and the held-out loss falls', async () => {
  await find('#train summary').first().click();
  await steps().fill('20');
  await steps().blur();
  const [first, ...others] = await find('#train fieldset input[type=checkbox]').all();
  expect(first).toBeDefined();
  for (const box of others) if (await box.isChecked()) await box.uncheck();
  await find('[data-action="train"]').click();
  await find('#train canvas').first().waitFor({ timeout: MINUTE });
  await cell(/^finished 20 steps$/).waitFor({ timeout: 2 * MINUTE });
  const cells = await find('#compare tr[data-run]').first().locator('td').allInnerTexts();
  const losses = cells.map(Number).filter((value) => value > 0 && value < 20);
  expect(losses.length).toBeGreaterThanOrEqual(2);
  expect(losses[1]).toBeLessThan(losses[0]!);
});

it('takes the adapter home as PEFT files', async () => {
  await find('#try select').first().selectOption({ index: 1 });
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
  const config = JSON.parse(new TextDecoder().decode(files['adapter_config.json'])) as Record<
    string,
    unknown
  >;
  expect(config['peft_type']).toBe('LORA');
});

it('stops, and a reload finds both runs, one to go on with', async () => {
  await steps().fill('400');
  await steps().blur();
  await find('[data-action="train"]').click();
  await cell(/^running at [1-9]\d* of 400$/).waitFor({ timeout: MINUTE });
  await opened.page.getByRole('button', { name: 'Stop' }).first().click({ timeout: MINUTE });
  await cell(/^stopped at \d+ of 400$/).waitFor({ timeout: MINUTE });
  await opened.page.reload();
  await find('[data-action="resume"]:not([disabled])').first().waitFor({ timeout: MINUTE });
  expect(await find('#compare tr[data-run]').count()).toBe(2);
});

it('wrote no error to the console', () => {
  expect(opened.errors.filter((text) => !/404/.test(text))).toEqual([]);
});
