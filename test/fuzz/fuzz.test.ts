/** Every target with a fixed seed and a fixed number of cases; `npm run fuzz` goes on from there. */
import { expect, it } from 'vitest';
import { campaign, type Found } from './campaign.ts';
import { fuzzTargets } from './targets.ts';

const CASES = 200;

it('no reader of files throws a raw error, hangs, or runs out of memory', async () => {
  const counts = await campaign({ targets: await fuzzTargets(), seed: 1, cases: CASES });
  const told = ({ target, kind, seed, path, error, input }: Found) =>
    `${target}, ${kind}: npm run fuzz -- --only ${target} --seed ${seed} --path ${path}\n${JSON.stringify(input).slice(0, 500)}\n${error}`;
  expect(counts.flatMap(({ failures }) => failures.map(told))).toEqual([]);
  expect(counts.every(({ cases }) => cases >= CASES)).toBe(true);
}, 120_000);

it('the runner finds every kind of fault that is planted, and finds it again', async () => {
  const targets = await fuzzTargets('planted-');
  const counts = await campaign({ targets, seed: 3, cases: 3 });
  const found = counts.map(({ target, failures }) => [
    target,
    failures[0]?.kind,
    failures[0]?.error,
  ]);
  expect(found).toEqual([
    ['planted-raw', 'error', expect.stringContaining('TypeError')],
    ['planted-unnamed', 'error', expect.stringContaining('does not name x.csv')],
    ['planted-prototype', 'error', expect.stringContaining('changed a prototype: polluted')],
    ['planted-hang', 'hang', expect.stringContaining('2 s')],
    ['planted-memory', 'memory', expect.stringContaining('MB')],
    ['planted-none', undefined, undefined],
  ]);
  const raw = counts[0]!.failures[0]!;
  expect(raw.input).toBe(21);
  const again = await campaign({ targets: targets.slice(0, 1), seed: raw.seed, path: raw.path });
  expect(again[0]!.failures[0]).toMatchObject({ input: 21, path: raw.path });
}, 120_000);
