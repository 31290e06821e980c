/**
 * npm run fuzz -- --minutes 10 [--only csv] [--seed 1] [--cases 1000] [--path 12:0]: runs the targets of test/fuzz by
 * turns. Every failing case is printed with what finds it again, and written to runs/fuzz.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { register } from 'tsx/esm/api';

register();
const { campaign } = await import('../test/fuzz/campaign.ts');
const { fuzzTargets } = await import('../test/fuzz/targets.ts');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string' },
    cases: { type: 'string' },
    path: { type: 'string' },
  },
});
const number = (text) => (text === undefined ? undefined : Number(text));
const targets = await fuzzTargets(values.only);
const seed = number(values.seed) ?? Math.floor(Math.random() * 2 ** 30);
const seconds = (number(values.minutes) ?? (values.cases || values.path ? Infinity : 1)) * 60;
if (targets.length === 0 || [seed, seconds, number(values.cases) ?? 1].some(Number.isNaN)) {
  console.error(
    'Usage: npm run fuzz -- --minutes N [--only NAME] [--seed S] [--cases N] [--path P]',
  );
  process.exit(2);
}

const folder = 'runs/fuzz';
console.log(`Seed ${seed}; ${targets.map(({ name }) => name).join(', ')}.`);
const counts = await campaign({
  targets,
  seed,
  seconds,
  cases: number(values.cases),
  path: values.path,
  onfound: ({ target, kind, seed: found, path, error, input }) => {
    const file = `${folder}/${target}-${found}-${path.replaceAll(':', '.')}`;
    mkdirSync(folder, { recursive: true });
    const isFile = typeof input === 'string' || ArrayBuffer.isView(input);
    writeFileSync(file, isFile ? input : JSON.stringify(input));
    console.log(
      `\n${target}, ${kind}: ${file}\n  npm run fuzz -- --only ${target} --seed ${found} --path ${path}\n  ${error}`,
    );
  },
});
console.table(
  Object.fromEntries(
    counts.map(({ target, cases, slowest, failures }) => [
      target,
      { cases, failures: failures.length, 'ms a case, slowest batch': Number(slowest.toFixed(2)) },
    ]),
  ),
);
process.exit(counts.some(({ failures }) => failures.length > 0) ? 1 : 0);
