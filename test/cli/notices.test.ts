/** What the commands leave out or cut is named, with its place, and nothing left is an error. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run, temporaryFolder } from './run.ts';

const measure = (files: string[], ...more: string[]) =>
  run('measure', [
    '--responses',
    ...files.map((file) => `test/fixtures/cases/${file}`),
    '--threads',
    '1',
    ...more,
  ]);

it('a question that fills the context: named, and with nothing else an error', async () => {
  const { code, stdout, stderr } = await measure(['limits/only-long.jsonl'], '--max-length', '256');
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(
    /DataError: There is nothing left to measure\.\n- only-long\/long: .*484 tokens/,
  );
});

it('rows that are left out and rows that are cut, each by its id, also in the file', async () => {
  const out = join(temporaryFolder(), 'measured.json');
  const args = ['--max-length', '256', '--out', out];
  const { code, stdout, stderr } = await measure(['limits/long-rows.jsonl'], ...args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^long-rows +2 /m);
  expect(stderr).toMatch(
    /Notice \(dropped\): long-rows: 1 answer is left out\. \(long-rows\/long: /,
  );
  expect(stderr).toMatch(/Notice \(cut\): long-rows: .* \(long-rows\/longanswer\)/);
  expect(readFileSync(out, 'utf8')).toContain('long-rows/longanswer');
});

it('the text of a special token within an answer', async () => {
  const { code, stderr } = await measure(['limits/eos-in-answer.jsonl']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/special tokens \(<\|endoftext\|>\).*\(eos-in-answer\/short\)/);
});

it('empty answers: named by line, and with nothing else an error', async () => {
  const { code, stderr } = await measure(['limits/empty-answer.jsonl']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/holds no records that can be used[\s\S]*line 1: "response" is empty/);
});

it('files in other encodings are read as the page reads them', async () => {
  const files = ['tables/cp1252.csv', 'tables/utf16le-bom.tsv', 'tables/null-response.jsonl'];
  const { code, stdout, stderr } = await measure(files);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^cp1252 +1 [\s\S]*^utf16le-bom +1 [\s\S]*^null-response +1 /m);
  expect(stderr).toContain('cp1252.csv is not UTF-8');
  expect(stderr).toContain('null-response.jsonl, line 1: "response" is null');
});

it('given answers beside their gold, before anything is measured or trained', async () => {
  const doubtful =
    /Notice \(doubtful\): train-decimal: 0 of 8 given answers agree with their gold\. .*train-decimal\/q0: 4\.8, gold 48/;
  const decimal = await measure(['experiment/train-decimal.jsonl']);
  expect(decimal.code).toBe(0);
  expect(decimal.stderr).toMatch(doubtful);
  const gsm8k = await measure(['tables/gsm8k-original.jsonl']);
  expect(gsm8k.stderr).toContain('gsm8k-original: 1 of 1 given answers agree with their gold.');
  const trained = await run('train', [
    ...['--responses', 'test/fixtures/cases/experiment/train-decimal.jsonl', '--threads', '1'],
    ...['--out', temporaryFolder(), '--steps', '1', '--batch', '2', '--held-out', '0'],
  ]);
  expect(trained.code, trained.stderr).toBe(0);
  expect(trained.stderr).toMatch(doubtful);
});
