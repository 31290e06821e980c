/**
 * Nothing leaves the tab: every request of a session is for this page's own server, the content policy
 * stops every other one on page and in workers, and only the hub of the address is let through. A
 * worker that ends without a word is noticed at once.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { htmlReport } from '../../src/exchange/experiment-report/html-report.ts';
import type { ExperimentReport } from '../../src/experiment/report/report.ts';
import { openPage, type OpenedPage } from './page.ts';

const MINUTE = 60_000;
let opened: OpenedPage;
/** Would answer anybody; what it was asked. */
let other: Server;
let otherUrl: string;
const asked: string[] = [];
const requests: string[] = [];
const find = (selector: string) => opened.page.locator(selector);
const ready = () => find('[data-action="measure"]:not([disabled])').waitFor({ timeout: MINUTE });
/** The text of what comes of a fetch, on the page or in the trainer worker. */
const fetching = (url: string) =>
  `fetch(${JSON.stringify(url)}).then((answer) => answer.text(), () => 'refused')`;
const inWorker = <Value>(script: string) => opened.page.workers()[0]!.evaluate<Value>(script);

beforeAll(async () => {
  other = createServer((request, response) => {
    asked.push(request.url!);
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    response.end('let in');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  opened = await openPage();
  opened.page.context().on('request', (request) => requests.push(request.url()));
});
afterAll(async () => {
  await opened.close();
  other.close();
});
beforeEach(() => {
  opened.errors.length = 0;
});

it('a whole session asks its own server and nobody else, without one violation', async () => {
  await opened.page.reload();
  await ready();
  await find('[data-action="measure"]').click();
  await find('#familiarity')
    .getByText('Measure again')
    .waitFor({ timeout: 2 * MINUTE });
  await find('#train summary').first().click();
  await find('#train').getByRole('textbox', { name: 'Steps', exact: true }).first().fill('4');
  await find('#train .plan').scrollIntoViewIfNeeded();
  await find('[data-action="train"]').click();
  await find('#compare tbody td')
    .filter({ hasText: /^finished 4 steps$/ })
    .first()
    .waitFor({ timeout: 2 * MINUTE });
  await find('#try').scrollIntoViewIfNeeded();
  await find('#try [data-action="ask"]').click();
  await find('#try [data-answer="base"]').waitFor({ timeout: MINUTE });
  expect(requests.length).toBeGreaterThan(20);
  const elsewhere = requests.filter(
    (url) => !/^(blob|data):/.test(url) && !url.startsWith(opened.url),
  );
  expect(elsewhere).toEqual([]);
  expect(opened.errors).toEqual([]);
});

it('the policy refuses every other server, on the page and in the worker', async () => {
  expect(await opened.page.evaluate<string>(fetching(otherUrl))).toBe('refused');
  expect(await inWorker<string>(fetching(otherUrl))).toBe('refused');
  expect(asked).toEqual([]);
  expect(await inWorker<string>(fetching(`${opened.url}icon.svg`))).toContain('<svg');
  // Later, for what the debugger runs itself may evaluate texts.
  const evaluating = `new Promise((say) => setTimeout(() => {
    try { new Function('1')(); say('run'); } catch { say('refused'); }
  }))`;
  expect(await inWorker<string>(evaluating)).toBe('refused');
  const violations = opened.errors.filter((text) => text.includes('Content Security Policy'));
  expect(violations.length).toBeGreaterThan(0);
});

it('lets the hub of the address through, and it alone', async () => {
  await opened.page.goto(`${opened.url}#hub=${encodeURIComponent(otherUrl)}`);
  await opened.page.reload();
  await find('#model').waitFor({ timeout: MINUTE });
  expect(await opened.page.evaluate<string>(fetching(`${otherUrl}/hub`))).toBe('let in');
  expect(asked).toEqual(['/hub']);
  expect(await opened.page.evaluate<string>(fetching('https://huggingface.co/api'))).toBe(
    'refused',
  );
  await opened.page.goto(opened.url);
  await opened.page.reload();
  await ready();
});

it('a worker that ends without a word is noticed within seconds, and the model opened again', async () => {
  const began = performance.now();
  await inWorker('self.close()');
  const again = find('#model').getByRole('button', { name: 'Open it again' });
  await again.waitFor({ timeout: 10_000 });
  expect(performance.now() - began).toBeLessThan(10_000);
  await again.click();
  await ready();
});

it('report.html loads nothing and runs nothing', async () => {
  const reference = readFileSync('public/reference/cross-over.json', 'utf8');
  // A report of before notices were kept.
  const report = { ...(JSON.parse(reference) as ExperimentReport), notices: [] };
  const parts = { report, tables: [], questions: { test: [] }, results: [] };
  const html = htmlReport(parts).replace(
    '<body>',
    `<body><script>document.title = 'run'</script><img src="${otherUrl}/picture">`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'idiolect-report-'));
  const file = join(folder, 'report.html');
  await writeFile(file, html);
  const page = await opened.page.context().newPage();
  const before = asked.length;
  await page.goto(pathToFileURL(file).href);
  expect(await page.title()).not.toBe('run');
  expect(await page.evaluate(() => document.styleSheets.length)).toBe(1);
  expect(asked.length).toBe(before);
  await rm(folder, { recursive: true });
});
