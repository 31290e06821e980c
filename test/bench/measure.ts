/** One workload: all contenders opened, warmed up, and run in turns. */
import type { Adapter } from './hosts/chromium.ts';
import type { Hosts } from './hosts/open.ts';
import { CannotRun, entryName, type Counts, type Entry, type Host } from './contender.ts';
import { absentRow, measuredRow, type Row } from './table.ts';
import { inTime } from './time-out.ts';
import type { Workload } from './workloads.ts';

export interface MeasureOptions {
  adapter: Adapter;
  /** Seconds one contender may take for all its timed runs; one run is always made. */
  budgetSeconds: number;
  maxRuns: number;
  soak: { steps: number; seconds: number };
  /** By `performance.now()`: nobody starts afterwards, and no further round is begun. */
  deadline: number;
  progress: (text: string) => void;
}

/** Longest that a contender may take to make its weights and warm up, and for one run. */
const START_SECONDS = 180;
const RUN_SECONDS = 90;

interface Participant {
  entry: Entry;
  host: Host;
  device: string;
  /** Results of all runs in their order, warm-up included: losses, compared between contenders. */
  numbers: number[];
  times: number[];
  counts: Counts;
}

export async function measureWorkload(
  workload: Workload,
  entries: readonly Entry[],
  hosts: Hosts,
  options: MeasureOptions,
): Promise<Row[]> {
  const { progress, budgetSeconds, maxRuns, adapter, soak, deadline } = options;
  const rows: Row[] = [];
  const there = new Set<Participant>();
  const wished = (entry: Entry) => Math.min(maxRuns, runsOf(workload, entry, adapter));

  for (const entry of entries) {
    progress(`${entryName(entry)} starts`);
    try {
      if (performance.now() > deadline) throw new CannotRun('the time of the bench was up');
      there.add(await join(workload, entry, hosts, wished(entry)));
    } catch (error) {
      rows.push(absentRow(workload, entry, reasonOf(error)));
    }
  }

  // In each round everybody runs once: what slows the machine down slows everybody down.
  for (let round = 0; ; round++) {
    if (round > 0 && performance.now() > deadline) break;
    const running = [...there].filter(({ entry, times }) => {
      const spent = times.reduce((sum, ms) => sum + ms, 0) / 1000;
      return round < wished(entry) && (round === 0 || spent < budgetSeconds);
    });
    if (running.length === 0) break;
    for (const contender of running) {
      progress(`${entryName(contender.entry)} run ${round + 1}`);
      try {
        if (workload.kind === 'soak') {
          if (round > 0) continue;
          const work = contender.host.soak(soak.steps, soak.seconds);
          Object.assign(contender, await inTime(RUN_SECONDS, work));
        } else {
          const run = await inTime(RUN_SECONDS, contender.host.run());
          contender.times.push(run.milliseconds);
          contender.numbers.push(run.number);
          contender.counts = run.counts;
        }
      } catch (error) {
        there.delete(contender);
        rows.push(absentRow(workload, contender.entry, reasonOf(error)));
        await contender.host.close();
      }
    }
  }

  for (const { entry, host, times, counts, device, numbers } of there) {
    // nanogpt makes weights and batches of its own.
    const known = entry.contender === 'nanogpt' ? {} : { numbers };
    rows.push(measuredRow(workload, entry, times, { counts, device, ...known }));
    await host.close();
  }
  progress('');
  return rows;
}

/** @throws CannotRun */
async function join(
  workload: Workload,
  entry: Entry,
  hosts: Hosts,
  runs: number,
): Promise<Participant> {
  if (runs === 0) throw new CannotRun('left out: it would tell nothing for the minutes it takes');
  const host = await inTime(START_SECONDS, hosts.open(entry));
  // Where there is time for one run only it is not warmed up, as `runs` 1 tells.
  const warmUps = runs === 1 || workload.kind === 'soak' ? 0 : 2;
  try {
    const prepared = await inTime(START_SECONDS, host.prepare(workload, warmUps));
    return { host, entry, ...prepared, times: [], counts: {} };
  } catch (error) {
    await host.close();
    throw error;
  }
}

function runsOf({ id, runs }: Workload, { contender, engine, where }: Entry, adapter: Adapter) {
  if (engine === 'cpu') return runs.plain;
  const large = id === 'W4' || id === 'W4b';
  if (engine === 'webgpu' || engine === 'webgl') {
    if (!adapter.software) return runs.gpu;
    // Run once, for its counts; what others take there would be minutes a step.
    return large && contender !== 'idiolect' ? 0 : runs.software;
  }
  // Most of a minute a step, the same in both places.
  if (large && contender === 'stock-tfjs') return id === 'W4' && where === 'node' ? 1 : 0;
  return runs.cpu;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
