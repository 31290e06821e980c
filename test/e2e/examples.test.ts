/** The examples run as they stand: scripts in Node, pages in Chromium from the development server. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measure, openModel, startEngine } from '../../src/index.ts';
import { chromiumArguments, chromiumPath } from '../support/chromium.mjs';

let server: ViteDevServer;
let browser: Browser;

beforeAll(async () => {
  server = await createServer({ server: { port: 0 }, logLevel: 'error' });
  await server.listen();
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArguments });
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function open(name: string): Promise<{ page: Page; errors: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${server.resolvedUrls!.local[0]!}examples/${name}`);
  return { page, errors };
}

function run(...args: string[]) {
  const flags = ['--experimental-wasm-relaxed-simd', '--import', 'tsx'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, ...args], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

test('every example is opened here', () => {
  const names = readdirSync('examples').filter((name) => /\.(ts|html)$/.test(name));
  expect(names.sort()).toEqual([
    'perplexity.html',
    'read-adapter.ts',
    'run-experiment.ts',
    'train-adapter.html',
  ]);
});

test('perplexity.html shows the numbers of Node, to every digit it shows', async () => {
  const { page, errors } = await open('perplexity.html');
  await page.waitForFunction(() => /^\d/.test(document.querySelector('pre')?.textContent ?? ''));
  const shown = (await page.textContent('pre'))!.split('\n').map(Number);
  const source = readFileSync('examples/perplexity.html', 'utf8');
  const question = /question =\s*'(.*)'/.exec(source)![1]!;
  const responses = [...source.matchAll(/^ {4}'(.*)',$/gm)].map(([, text]) => text!);
  await startEngine('wasm', { threads: 1 });
  const model = await openModel('public/models/idiolect-a');
  const { rows } = await measure(
    model,
    responses.map((response) => ({ question, response })),
  );
  expect(shown).toHaveLength(2);
  expect(shown).toEqual(rows.map(({ perplexity }) => Number(perplexity.toFixed(4))));
  expect(shown[0]).toBeLessThan(shown[1]!);
  expect(errors).toEqual([]);
});

test('train-adapter.html trains, answers and offers the files of the adapter', async () => {
  const { page, errors } = await open('train-adapter.html');
  await page.waitForFunction(() => document.body.dataset['done'] === 'true', undefined, {
    timeout: 120_000,
  });
  const lines = (await page.textContent('pre'))!.split('\n');
  const losses = lines.flatMap((line) => /loss ([\d.]+)/.exec(line)?.[1] ?? []).map(Number);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  expect(await page.locator('a').allTextContents()).toContain('adapter_model.safetensors');
  expect(errors).toEqual([]);
});

test('read-adapter.ts answers differently, and right, with the adapter', () => {
  const text = run('examples/read-adapter.ts');
  expect(text).toContain('11680 parameters, rank 1');
  expect(/without the adapter: .*Answer: (\d+)/.exec(text)![1]).not.toBe('20');
  expect(/with the adapter: .*Answer: (\d+)/.exec(text.split('without')[1]!)![1]).toBe('20');
});

test('run-experiment.ts prints the tables of the experiment', () => {
  const text = run('examples/run-experiment.ts');
  expect(text).toContain('Accuracy after training');
  expect(text.match(/'dialect-b'/g)!.length).toBeGreaterThan(2);
});
