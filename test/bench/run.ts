/**
 * npm run bench: every contender on every workload, interleaved, in one invocation. Prints a table
 * per workload and writes JSON. See README.md.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { contenderNames, entries } from './contender.ts';
import { openHosts } from './hosts/open.ts';
import { describeMachine } from './machine.ts';
import { measureWorkload, type MeasureOptions } from './measure.ts';
import { measurePage } from './page-workloads.ts';
import { largestDifference, printTable, type Row } from './table.ts';
import { workloads, type Workload } from './workloads.ts';

/** Losses of contenders that share weights may differ by this much: float32, summed in other orders. */
const SAME_LOSS = 1e-3;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    contenders: { type: 'string' },
    engines: { type: 'string' },
    out: { type: 'string' },
    minutes: { type: 'string' },
  },
});
const { quick } = values;
const minutes = Number(values.minutes ?? (quick ? 4 : 12));
if (!(minutes > 0)) throw new Error(`--minutes takes a number, not ${values.minutes}.`);
const deadline = performance.now() + 60_000 * minutes;
const namesIn = (text: string | undefined, known: readonly string[]) => {
  const names = text?.split(',').map((word) => word.trim()) ?? known;
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`There is no ${unknown.join(', ')}; there are ${known.join(', ')}.`);
  }
  return names;
};
const ids = namesIn(
  values.only,
  workloads.map(({ id }) => id),
);
const contenders = namesIn(values.contenders, contenderNames);
const engines = namesIn(values.engines, ['wasm', 'cpu', 'webgpu', 'webgl', 'native']);

const hosts = await openHosts();
const rows: Row[] = [];
try {
  const machine = await describeMachine(hosts);
  const options: Omit<MeasureOptions, 'progress'> = {
    adapter: machine.adapter,
    budgetSeconds: quick ? 3 : 6,
    maxRuns: quick ? 5 : Infinity,
    soak: quick ? { steps: 150, seconds: 15 } : { steps: 500, seconds: 40 },
    deadline,
  };
  for (const workload of workloads) {
    if (!ids.includes(workload.id)) continue;
    const progress = (text: string) => say(workload, text);
    const chosen = entries.filter(
      ({ contender, engine }) =>
        contenders.includes(contender) &&
        engines.includes(engine) &&
        // A quick bench takes what is quick, unless a workload was asked for by name.
        (!quick || values.only !== undefined || workload.quick.includes(engine)),
    );
    if (chosen.length === 0) continue;
    const measured =
      workload.kind === 'page'
        ? await measurePage(workload, { quick, deadline })
        : await measureWorkload(workload, chosen, hosts, { ...options, progress });
    rows.push(...measured);
    console.log(printTable(workload, measured));
    if (['full', 'lora', 'nll'].includes(workload.kind)) sayWhetherEqual(measured);
    // After each workload: what was measured stays, whatever happens to the next.
    if (values.out !== undefined) {
      await writeFile(values.out, `${JSON.stringify({ ...machine, quick, rows }, null, 1)}\n`);
    }
  }
} finally {
  await hosts.close();
}
// A contender that hangs must not keep the bench from ending.
process.exit();

function sayWhetherEqual(measured: readonly Row[]): void {
  const difference = largestDifference(measured);
  if (difference === undefined) return;
  const word = difference < SAME_LOSS ? 'the same losses' : 'DIFFERENT LOSSES';
  console.log(`  ${word}: at most ${difference.toExponential(1)} apart\n`);
}

function say(workload: Workload, text: string): void {
  const line = text && `${workload.id}: ${text}`;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (line) console.error(line);
}
