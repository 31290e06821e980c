/** One's own files on the built page: models, answers, and files that are not what they claim to be. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { seriousFindings } from './audit.ts';
import { openPage, type OpenedPage } from './page.ts';

const EMBEDDED = 'public/models/idiolect-b';
const GGUF = 'test/fixtures/gguf/q8_0.gguf';
const MINUTE = 60_000;

let opened: OpenedPage;
let folder: string;
const find = (selector: string) => opened.page.locator(selector);
const ready = () => find('[data-action="measure"]:not([disabled])').waitFor({ timeout: MINUTE });
const alert = (step: string) => find(`#${step} [role="alert"]`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'idiolect-files-'));
  opened = await openPage();
  await ready();
});
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  opened.errors.length = 0;
});

/** Drops files on the page as a hand does. */
async function drop(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  const parts = Object.entries(files).map(([name, content]) => ({
    name,
    base64: Buffer.from(content).toString('base64'),
  }));
  await opened.page.evaluate((all) => {
    const dataTransfer = new DataTransfer();
    for (const { name, base64 } of all) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name));
    }
    document.body.dispatchEvent(
      new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }),
    );
  }, parts);
}

/** A folder in Hugging Face layout with some of its files replaced. */
async function modelFolder(
  name: string,
  replaced: Readonly<Record<string, string | Buffer>> = {},
): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const file of [
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]) {
    const content = replaced[file];
    if (content === undefined) await cp(join(EMBEDDED, file), join(path, file));
    else await writeFile(join(path, file), content);
  }
  return path;
}

async function chooseFolder(path: string): Promise<void> {
  const chooser = find('#model details').first();
  if ((await chooser.getAttribute('open')) === null) await chooser.locator('summary').click();
  await find('#model').getByLabel('My own files').check();
  await find('#model input[webkitdirectory]').setInputFiles(path);
  await find('#model').getByRole('button', { name: 'Open this model' }).click();
}

it('opens a folder in Hugging Face layout', async () => {
  await chooseFolder(await modelFolder('my-model'));
  await find('#model').getByText('my-model ·').waitFor({ timeout: MINUTE });
  await ready();
  expect(opened.errors).toEqual([]);
});

it('opens a GGUF file dropped anywhere', async () => {
  await drop({ 'tiny.gguf': await readFile(GGUF) });
  await find('#model').getByText('tiny').first().waitFor({ timeout: MINUTE });
  await ready();
  expect(opened.errors).toEqual([]);
});

it('names the file that was cut short, and the page goes on', async () => {
  const weights = await readFile(join(EMBEDDED, 'model.safetensors'));
  await chooseFolder(
    await modelFolder('cut', { 'model.safetensors': weights.subarray(0, weights.length / 2) }),
  );
  await alert('model').waitFor({ timeout: MINUTE });
  expect(await alert('model').innerText()).toMatch(/model\.safetensors[^]*bytes[^]*cut short/);
});

it('names a page of HTML that poses as config.json', async () => {
  await chooseFolder(await modelFolder('html', { 'config.json': '<!doctype html><p>Not found' }));
  await find('#model')
    .getByText(/config\.json[^]*HTML/i)
    .first()
    .waitFor({ timeout: MINUTE });
  expect(await alert('model').innerText()).toMatch(/not what it says it is/);
  expect(await seriousFindings(opened.page)).toEqual([]);
});

it('goes on with the model that comes with the page', async () => {
  const chooser = find('#model details').first();
  if ((await chooser.getAttribute('open')) === null) await chooser.locator('summary').click();
  await find('#model').getByLabel('Comes with the page').check();
  await find('#model').getByRole('button', { name: 'Open this model' }).click();
  await ready();
  expect(await alert('model').count()).toBe(0);
});

it('names the line of a JSONL file that is broken, and adds nothing', async () => {
  const before = await find('#answers fieldset li').count();
  await drop({ 'broken.jsonl': '{"question":"a","answer":"b"}\n{"question": oops}\n' });
  await alert('answers').waitFor({ timeout: MINUTE });
  expect(await alert('answers').innerText()).toMatch(/broken\.jsonl[^]*line 2/i);
  expect(await find('#answers fieldset li').count()).toBe(before);
});

it('takes a JSONL and a CSV file as two sets, which measuring then knows', async () => {
  const rows = ['Red?', 'Blue?', 'Green?', 'Gold?'];
  const jsonl = rows.map((question) => JSON.stringify({ question, answer: `It is ${question}` }));
  const csv = ['question,answer', ...rows.map((question) => `${question},"No, not it"`)];
  await drop({ 'yes.jsonl': jsonl.join('\n'), 'no.csv': csv.join('\n') });
  const add = find('#answers').getByRole('button', { name: 'Add this set' });
  await find('#answers').getByText('yes.jsonl: 4 records').waitFor({ timeout: MINUTE });
  await add.click();
  await find('#answers').getByText('no.csv: 4 records').waitFor({ timeout: MINUTE });
  await add.click();
  await find('#answers').getByText('2 sets · 4 questions').waitFor({ timeout: MINUTE });
  await find('[data-action="measure"]:not([disabled])').click();
  await find('#familiarity').getByText('Measure again').waitFor({ timeout: MINUTE });
  expect(await find('#familiarity text.value').count()).toBe(2);
  expect(opened.errors).toEqual([]);
});
