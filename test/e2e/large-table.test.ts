/** A file of 100,000 answers: read and joined without holding up the page. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchTasks } from './main-thread.ts';
import { openPage, type OpenedPage } from './page.ts';

const ROWS = 100_000;
let opened: OpenedPage;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'idiolect-large-'));
  opened = await openPage();
});

afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true });
});

it('reads and adds 100,000 answers', async () => {
  const { page } = opened;
  const file = join(folder, 'large.csv');
  const lines = Array.from({ length: ROWS }, (_, i) => `q${i},"What is ${i}, please?",It is ${i}.`);
  await writeFile(file, `id,question,response\n${lines.join('\n')}\n`);
  await page
    .locator('#answers')
    .getByText(/sets ·/)
    .first()
    .waitFor();
  await page
    .getByRole('button', { name: /Add answers|own answers|Import/i })
    .first()
    .click();
  const reading = await watchTasks(page);
  await page.locator('#answers input[type=file]').first().setInputFiles(file);
  await page.getByText('large.csv: 100,000 records').waitFor();
  const read = await reading();
  expect(read.count).toBeGreaterThan(0);
  expect(read.longest).toBeLessThan(100);
  const adding = await watchTasks(page);
  await page.getByRole('button', { name: 'Add this set' }).click();
  await page
    .getByText(/100,000 questions/)
    .first()
    .waitFor();
  // The join is one task, and drawing what came of it another.
  expect((await adding()).longest).toBeLessThan(1000);
  expect(opened.errors).toEqual([]);
});
