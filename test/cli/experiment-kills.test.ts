/** npm run experiment, killed and damaged: with --resume the same results as in one go. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { ExperimentInput } from '../../src/experiment/spec/schema.ts';
import { run, start, temporaryFolder } from './run.ts';

const rows = (first: number, count: number) =>
  Array.from({ length: count }, (_, k) => {
    const i = first + k;
    const question = `Tom has ${i + 2} apples and gets ${i + 1} more. How many apples has Tom?`;
    const gold = String(2 * i + 3);
    return JSON.stringify({ id: `q${i}`, question, response: `Final Answer: ${gold}`, gold });
  }).join('\n');

let args: string[];
let whole: Map<string, unknown>;

/** What every stage found, but for how long it took. */
function stagesIn(out: string): Map<string, unknown> {
  const folder = join(out, 'pieces');
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => /\.json$/.test(name))
    : [];
  return new Map(
    names.map((name) => {
      const stage = JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;
      return [name, { ...stage, seconds: 0, checksum: '' }];
    }),
  );
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeAll(async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'short.jsonl'), rows(0, 3));
  writeFileSync(join(folder, 'test.jsonl'), rows(10, 2));
  const input: ExperimentInput = {
    version: 1,
    name: 'killed',
    models: [{ id: 'idiolect-a' }],
    task: { kind: 'files', answers: { kind: 'final-answer' }, test: 'test.jsonl' },
    sets: [{ id: 'short', kind: 'file', path: 'short.jsonl' }],
    seeds: [1, 2],
    training: { steps: 3, batchSize: 2 },
    evaluation: { maxNewTokens: 4, divergenceQuestions: 0 },
    engine: 'wasm',
  };
  const file = join(folder, 'experiment.json');
  writeFileSync(file, JSON.stringify(input));
  args = [file, '--threads', '1'];
  const out = temporaryFolder();
  const { code, stderr } = await run('experiment', [...args, '--out', out]);
  expect(code, stderr).toBe(0);
  whole = stagesIn(out);
  expect(whole.size).toBe(5);
});

it.each([0, 1, 2, 3, 4])('killed with %i stages finished, goes on to the same', async (count) => {
  const out = temporaryFolder();
  const { child, ended } = start('experiment', [...args, '--out', out]);
  const begun = () => existsSync(join(out, 'fingerprint.txt'));
  while (child.exitCode === null && !(begun() && stagesIn(out).size >= count)) await pause();
  child.kill('SIGKILL');
  expect((await ended).signal).toBe('SIGKILL');
  const kept = stagesIn(out).size;
  const again = await run('experiment', [...args, '--out', out, '--resume']);
  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr.match(/\(kept\)/g) ?? []).toHaveLength(kept);
  expect(stagesIn(out)).toEqual(whole);
});

it('with a flipped bit, a cut file and a damaged measurement, does those stages again', async () => {
  const out = temporaryFolder();
  expect((await run('experiment', [...args, '--out', out])).code).toBe(0);
  const change = (name: string, to: (bytes: Buffer) => Buffer) =>
    writeFileSync(join(out, name), to(readFileSync(join(out, name))));
  const flipped = (bytes: Buffer) => {
    bytes[bytes.length >> 1]! ^= 1;
    return bytes;
  };
  change('pieces/run.idiolect-a.short.seed-1.json', flipped);
  change('pieces/run.idiolect-a.short.seed-2.json', (bytes) => bytes.subarray(0, 100));
  change('measured/familiarity.idiolect-a.short.json', flipped);
  const again = await run('experiment', [...args, '--out', out, '--resume']);
  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr.match(/Notice \(doubtful\): A result cannot be used/g)).toHaveLength(3);
  expect(again.stderr.match(/\(kept\)/g)).toHaveLength(2);
  expect(stagesIn(out)).toEqual(whole);
  expect(readdirSync(join(out, 'pieces')).filter((name) => name.endsWith('.damaged'))).toHaveLength(
    3,
  );
});
