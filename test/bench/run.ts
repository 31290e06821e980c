/**
 * npm run bench: every contender on every workload, interleaved, in one invocation. Prints a table
 * per workload and writes JSON. See README.md.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CannotRun, contenderNames, entries, entryName, type Entry } from './contender.ts';
import { openHosts, type OpenedHost } from './hosts/open.ts';
import { describeMachine } from './machine.ts';
import { absentRow, largestDifference, measuredRow, printTable, type Row } from './table.ts';
import { inTime } from './time-out.ts';
import { workloads, type Workload } from './workloads.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    contenders: { type: 'string' },
    engines: { type: 'string' },
    out: { type: 'string' },
  },
});
const { quick } = values;
const list = (text: string | undefined) => text?.split(',').map((word) => word.trim());
const only = list(values.only);
const contenders = list(values.contenders);
const engines = list(values.engines);
const unknown = [
  ...(only ?? []).filter((id) => !workloads.some((own) => own.id === id)),
  ...(contenders ?? []).filter((name) => !contenderNames.some((own) => own === name)),
];
if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}.`);

/** Losses of contenders that share weights may differ by this much: float32, summed in other orders. */
const SAME_LOSS = 1e-3;
/** Seconds one contender may take for the timed runs of one workload. */
const BUDGET_SECONDS = quick ? 6 : 30;
const MAX_RUNS = quick ? 5 : Infinity;
/** Nothing of the bench takes longer, unless it hangs. */
const PREPARE_SECONDS = 200;

const open = await openHosts();
const machine = { ...(await describeMachine(open)), quick };
const rows: Row[] = [];
try {
  for (const workload of workloads) {
    if (only && !only.includes(workload.id)) continue;
    if (quick && !only && workload.quick.length === 0) continue;
    const chosen = entries.filter(
      ({ contender, engine }) =>
        (!contenders || contenders.includes(contender)) &&
        (!engines || engines.includes(engine)) &&
        (!quick || workload.quick.includes(engine)),
    );
    const measured = await measure(workload, chosen);
    rows.push(...measured);
    console.log(printTable(workload, measured));
    sayWhetherEqual(measured);
  }
} finally {
  await open.close();
}
if (values.out !== undefined) {
  await writeFile(values.out, `${JSON.stringify({ ...machine, rows }, null, 1)}\n`);
}

interface Participant extends OpenedHost {
  entry: Entry;
  numbers: number[];
  device: string;
  times: number[];
}

async function measure(workload: Workload, chosen: readonly Entry[]): Promise<Row[]> {
  const found: Row[] = [];
  const there: Participant[] = [];
  const failed = async (entry: Entry, error: unknown) => {
    const known = error instanceof CannotRun || error instanceof Error;
    found.push(absentRow(workload, entry, known ? error.message : String(error)));
    const at = there.findIndex((own) => own.entry === entry);
    if (at >= 0) await there.splice(at, 1)[0]!.host.close();
  };

  for (const entry of chosen) {
    progress(workload, `${entryName(entry)} starts`);
    try {
      const runs = entry.engine === 'webgpu' ? workload.runs.webgpu : workload.runs.cpu;
      if (runs === 0) throw new CannotRun('too slow on a software adapter');
      const { host } = await open.host(entry);
      // Where one run is all there is time for, it is not warmed up and says so by `runs`: 1.
      const warmUps = runs === 1 || workload.kind === 'soak' ? 0 : 2;
      try {
        const { device, numbers } = await inTime(PREPARE_SECONDS, host.prepare(workload, warmUps));
        there.push({ host, entry, numbers, device, times: [] });
      } catch (error) {
        await host.close();
        throw error;
      }
    } catch (error) {
      await failed(entry, error);
    }
  }

  // Rounds in which everybody runs once, so that what slows the machine down slows everybody down.
  for (let round = 0; ; round++) {
    const running = there.filter(({ entry, times }) => {
      const wished = entry.engine === 'webgpu' ? workload.runs.webgpu : workload.runs.cpu;
      const spent = times.reduce((sum, ms) => sum + ms, 0) / 1000;
      return (
        workload.kind !== 'soak' &&
        wished > 1 &&
        round < Math.min(wished, MAX_RUNS) &&
        spent < BUDGET_SECONDS
      );
    });
    if (running.length === 0) break;
    for (const { entry, host, times } of running) {
      progress(workload, `${entryName(entry)} run ${round + 1}`);
      try {
        times.push(await inTime(PREPARE_SECONDS, host.time()));
      } catch (error) {
        await failed(entry, error);
      }
    }
  }

  for (const { entry, host, times, numbers, device } of [...there]) {
    progress(workload, `${entryName(entry)} is counted`);
    try {
      if (workload.kind === 'soak') {
        const soaked = await inTime(PREPARE_SECONDS, host.soak(quick ? 150 : 500));
        found.push(measuredRow(workload, entry, soaked.times, { counts: soaked.counts, device }));
      } else {
        const { counts, milliseconds, number } = await inTime(PREPARE_SECONDS, host.count());
        const all = times.length > 0 ? times : [milliseconds];
        const known = numbers.length > 0 ? numbers : [number];
        found.push(measuredRow(workload, entry, all, { counts, device, numbers: known }));
      }
      await host.close();
    } catch (error) {
      await failed(entry, error);
    }
  }
  progress(workload, '');
  return found;
}

function sayWhetherEqual(measured: readonly Row[]): void {
  const difference = largestDifference(measured);
  if (difference === undefined) return;
  const word = difference < SAME_LOSS ? 'the same losses' : 'DIFFERENT LOSSES';
  console.log(`  ${word}: at most ${difference.toExponential(1)} apart\n`);
}

function progress(workload: Workload, text: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\x1b[K${text && `${workload.id}: ${text}`}`);
}
