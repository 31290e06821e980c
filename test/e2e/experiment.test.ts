/**
 * An experiment on the built page: three arms and two seeds from a file, reloaded in the middle, paused,
 * and finished with the numbers of an uninterrupted run and of the command.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, temporaryFolder } from '../cli/run.ts';
import { seriousFindings } from './audit.ts';
import { openPage, type OpenedPage } from './page.ts';

const MINUTE = 60_000;
const experiment = {
  version: 1,
  name: 'three-arms',
  models: [
    { id: 'idiolect-a', dialect: 'a' },
    { id: 'idiolect-b', dialect: 'b' },
  ],
  task: { kind: 'world', trainQuestions: 8, testQuestions: 6, retentionQuestions: 4 },
  sets: [
    { id: 'a', kind: 'written', writer: 'a' },
    { id: 'b', kind: 'written', writer: 'b' },
    { id: 'change', kind: 'minimum-change', model: 'idiolect-b' },
  ],
  arms: [
    { model: 'idiolect-a', set: 'a' },
    { model: 'idiolect-a', set: 'change' },
    { model: 'idiolect-b', set: 'a' },
  ],
  seeds: [1, 2],
  training: { steps: 6, batchSize: 4, learningRate: 0.003 },
  evaluation: { maxNewTokens: 48 },
  engine: 'wasm',
};

interface Report {
  results: Record<string, unknown>[];
  surroundings: { fingerprint: string; files: Record<string, string> };
}

let opened: OpenedPage;
let folder: string;
let file: string;
const find = (selector: string) => opened.page.locator(selector);
const form = () => find('#compare').getByText('Your own experiment');
const chooser = () => find('#compare input[type="file"]');
/** It is open already where the address has an experiment of one's own. */
async function openForm(): Promise<void> {
  await find('[data-action="cross-over"]').waitFor({ timeout: MINUTE });
  if ((await chooser().count()) === 0) await form().click();
}
const done = () => find('#compare li[data-stage^="run."][data-state="done"]');
const finished = () => find('#compare li[data-finished="true"]');

beforeAll(async () => {
  folder = temporaryFolder();
  file = join(folder, 'three-arms.json');
  await writeFile(file, JSON.stringify(experiment));
  opened = await openPage();
  // Leaving while it runs asks first.
  opened.page.on('dialog', (dialog) => void dialog.accept());
});
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true });
});

/** Everything that was found, without the time it took. */
const numbersOf = ({ results }: Report) => results.map((result) => ({ ...result, seconds: 0 }));

async function start(): Promise<void> {
  await openForm();
  await chooser().setInputFiles(file);
  await expect
    .poll(() => find('#compare [data-output="command"]').innerText())
    .toContain('three-arms.json');
  await find('[data-action="run-own"]').click();
  await find('#compare').getByText('Stages', { exact: true }).click();
}

async function takeReport(): Promise<Report> {
  const [download] = await Promise.all([
    opened.page.waitForEvent('download'),
    find('[data-file="report.json"]').click(),
  ]);
  return JSON.parse(await readFile(await download.path(), 'utf8')) as Report;
}

it('lists everything that is wrong with a file at once', async () => {
  const broken = join(folder, 'broken.json');
  await writeFile(broken, JSON.stringify({ ...experiment, seeds: [], colour: 1 }));
  await openForm();
  await chooser().setInputFiles(broken);
  const alert = find('#compare [role="alert"]');
  await alert.waitFor();
  expect(await alert.innerText()).toMatch(/expected at least one seed[^]*colour: no such key/);
  expect(await seriousFindings(opened.page)).toEqual([]);
  await form().click();
});

let interrupted: Report;
it('goes on where it was after a reload, and after a pause', async () => {
  await start();
  await done()
    .nth(1)
    .waitFor({ timeout: 2 * MINUTE });
  await opened.page.reload();
  // By itself: it was under way when the page was closed.
  await find('#compare').getByText('Stages', { exact: true }).click({ timeout: MINUTE });
  await find('[data-action="pause"]').click({ timeout: MINUTE });
  await find('[data-action="go-on"]').waitFor({ timeout: MINUTE });
  const before = await done().count();
  expect(before).toBeGreaterThan(1);
  expect(before).toBeLessThan(6);
  await find('[data-action="go-on"]').click();
  await finished().waitFor({ timeout: 3 * MINUTE });
  expect(await done().count()).toBe(6);
  interrupted = await takeReport();
  expect(interrupted.results).toHaveLength(2 + 3 + 2 * 3 + 6);
});

it('finds the same once more without an interruption', async () => {
  const remove = find('#compare').getByRole('button', { name: /delete with its results/ });
  await remove.click();
  // In the same place it asks whether that is meant.
  await remove.click();
  await finished().waitFor({ state: 'detached' });
  await opened.page.reload();
  await start();
  await finished().waitFor({ timeout: 3 * MINUTE });
  expect(numbersOf(await takeReport())).toEqual(numbersOf(interrupted));
});

/** KL is summed in JavaScript, whose Math.exp differs between versions of V8 in its last bits. */
const rounded = (report: Report) =>
  JSON.parse(
    JSON.stringify(numbersOf(report), (key, value: unknown) =>
      key === 'klSum' ? (value as number).toPrecision(9) : value,
    ),
  ) as unknown;

it('finds the numbers of the command, those of the kernels bit by bit', async () => {
  const out = join(folder, 'out');
  const { code, stderr } = await run('experiment', [file, '--out', out]);
  expect(stderr).toContain('17/17');
  expect(code).toBe(0);
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
  expect(rounded(report)).toEqual(rounded(interrupted));
  expect(report.surroundings.files).toEqual(interrupted.surroundings.files);
});

it('fits a phone and has nothing serious for axe to find', async () => {
  const wide = opened.page.viewportSize()!;
  expect(await seriousFindings(opened.page)).toEqual([]);
  await opened.page.setViewportSize({ width: 360, height: 780 });
  await expect
    .poll(() => opened.page.evaluate(() => document.documentElement.scrollWidth))
    .toBe(360);
  await opened.page.setViewportSize(wide);
});

it('opens a link with the experiment in it', async () => {
  await openForm();
  const before = opened.page.url();
  await find('#compare').getByLabel('Name', { exact: true }).fill('by-link');
  await expect.poll(() => opened.page.url()).not.toBe(before);
  const address = opened.page.url();
  await opened.page.goto('about:blank');
  await opened.page.goto(address);
  await find('#compare').getByLabel('Name', { exact: true }).waitFor({ timeout: MINUTE });
  expect(await find('#compare').getByLabel('Name', { exact: true }).inputValue()).toBe('by-link');
  expect(opened.errors).toEqual([]);
});
