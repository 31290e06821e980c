/** Files that are too much: refused before they are parsed, with what was measured; the largest usual ones are read. */
import { zipSync } from 'fflate';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { guessTable, readGuessed, readRecords } from '../../src/data/records.ts';
import { parseTable, readTable } from '../../src/exchange/read-table.ts';
import { unzipFiles } from '../../src/exchange/zip.ts';
import { parseExperiment } from '../../src/experiment/spec/schema.ts';
import { presets } from '../../src/experiment/spec/presets.ts';
import { limits } from '../../src/limits.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

it.each([
  ['200,000 columns; at most 1,000', 'x.csv', () => numbers(200_000).join(',') + '\n1\n'],
  [
    '2,000 columns; at most 1,000',
    'x.jsonl',
    () => JSON.stringify(Object.fromEntries(numbers(2000).map((i) => [`c${i}`, 1]))),
  ],
  [
    '3,000,000 keys in one object',
    'x.json',
    () =>
      `{${numbers(3_000_000)
        .map((i) => `"${i}":0`)
        .join(',')}}`,
  ],
  ['1,000,000 levels of nesting', 'x.json', () => '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
  ['1,000,000 levels of nesting', 'x.json', () => '{"a":'.repeat(1_000_000)],
  ['characters in one cell', 'x.csv', () => `question,response\n${'a'.repeat(50_000_000)},b\n`],
  [
    'characters in one cell',
    'x.json',
    () => `[{"question":"${'a'.repeat(20_000_000)}","response":"b"}]`,
  ],
  ['1,500,000 records', 'x.csv', () => `q\n${'a\n'.repeat(1_500_000)}`],
  ['cells; at most 20,000,000', 'x.csv', () => `${'a,'.repeat(500)}a\n`.repeat(50_000)],
  ['values; at most 20,000,000', 'x.json', () => `[${'[],'.repeat(11_000_000)}[]]`],
])('%s, of %s', (expected, fileName, text) => {
  const given = text();
  const start = process.cpuUsage();
  expect(() => parseTable(given, fileName)).toThrow(expected);
  expect(() => parseTable(given, fileName)).toThrow(fileName);
  // A first pass is all that is made; far from what parsing would take.
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(10);
});

it('more writers than anyone compares', () => {
  const responses = Object.fromEntries(numbers(300).map((i) => [`w${i}`, 'a']));
  const table = parseTable(JSON.stringify([{ prompt: 'q', responses }]), 'x.json');
  expect(() => readRecords(table, guessTable(table).mapping)).toThrow(
    'x.json: 201 sets of answers',
  );
});

it('a zip that unpacks to more than a tab holds, or holds too many files', async () => {
  const bomb = zipSync({ a: new Uint8Array(1000) }, { level: 6 });
  // The size in the directory of the archive, which is what would be set aside.
  new DataView(bomb.buffer).setUint32(bomb.length - 22 - (46 + 1) + 24, 2 ** 31, true);
  await expect(unzipFiles([new File([bomb], 'x.zip')])).rejects.toThrow(
    'x.zip: 2,147,483,648 bytes once unpacked; at most 1,073,741,824 are read.',
  );
  const many = zipSync(Object.fromEntries(numbers(1200).map((i) => [`f${i}`, new Uint8Array(0)])));
  await expect(unzipFiles([new File([many], 'x.zip')])).rejects.toThrow('x.zip: 1,001 files');
});

it('a zip of which a file would be lost is refused with its name', async () => {
  // The names are replaced at the files and in the directory, as no library writes such a zip.
  const renamed = (from: string, to: string): File => {
    const zip = zipSync({ adapter_a: new Uint8Array(1), adapter_b: new Uint8Array(2) });
    const text = Buffer.from(zip).toString('latin1').replaceAll(from, to);
    return new File([Buffer.from(text, 'latin1')], 'x.zip');
  };
  await expect(unzipFiles([renamed('adapter_b', '__proto__')])).rejects.toThrow(
    'x.zip holds a file named __proto__',
  );
  await expect(unzipFiles([renamed('adapter_b', 'adapter_a')])).rejects.toThrow(
    'x.zip holds two files at adapter_a.',
  );
});

it.each([
  ['rows', 0, /x\.parquet: \d+ records; at most 0/],
  ['columns', 1, /x\.parquet: \d+ columns; at most 1 are/],
  ['cells', 1, /x\.parquet: \d+ cells; at most 1 are/],
  ['unpackedBytes', 10, /x\.parquet: \d+ bytes once unpacked; at most 10 are/],
] as const)(
  'a Parquet file that says it has more %s than are read',
  async (name, most, expected) => {
    const bytes = readFileSync(new URL('../fixtures/tables/snappy.parquet', import.meta.url));
    const usual = limits[name].most;
    limits[name].most = most;
    try {
      await expect(readTable(new Blob([bytes]), 'x.parquet')).rejects.toThrow(expected);
    } finally {
      limits[name].most = usual;
    }
  },
);

it('more seeds than an experiment can have', () => {
  const text = JSON.stringify({ ...presets.quick, seeds: numbers(1000) });
  expect(() => parseExperiment(text, 'x.json')).toThrow('1,000 seeds; at most 100 are read');
});

it('names that JavaScript gives a meaning are names like any other', () => {
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];
  for (const name of names) {
    const csv = parseTable(`id,question,${name}\n${name},q,a\n`, 'x.csv');
    const { sets } = readGuessed(csv);
    expect(sets.map(({ rows }) => [rows[0]!.id, rows[0]!.response])).toEqual([[name, 'a']]);
    const json = parseTable(`[{"prompt":"q","responses":{"${name}":"a","b":"c"}}]`, 'x.json');
    expect(readGuessed(json).sets.map((set) => set.name)).toEqual([name, 'b']);
    const right = parseTable(`[{"passage":"p","question":"q","answer":"${name}"}]`, 'x.json');
    expect(guessTable(right).format).not.toBe('multiple-choice');
  }
});

it('100,000 records are within every limit', () => {
  const lines = numbers(100_000).map((i) =>
    JSON.stringify({ id: i, question: `q${i}`, response: 'a' }),
  );
  expect(readGuessed(parseTable(lines.join('\n'), 'x.jsonl')).sets[0]!.rows.length).toBe(100_000);
  expect(limits.rows.most).toBeGreaterThanOrEqual(100_000);
});
