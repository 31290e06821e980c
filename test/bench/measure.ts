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
  soakSteps: number;
  progress: (text: string) => void;
}

/** Nothing of the bench takes longer, unless it hangs. */
const HANGS_SECONDS = 240;

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
  const { progress, budgetSeconds, maxRuns, adapter } = options;
  const rows: Row[] = [];
  const there = new Set<Participant>();
  const wished = (entry: Entry) => Math.min(maxRuns, runsOf(workload, entry, adapter));

  for (const entry of entries) {
    progress(`${entryName(entry)} starts`);
    try {
      there.add(await join(workload, entry, hosts, wished(entry)));
    } catch (error) {
      rows.push(absentRow(workload, entry, reasonOf(error)));
    }
  }

  // In each round everybody runs once: what slows the machine down slows everybody down.
  for (let round = 0; ; round++) {
    const running = [...there].filter(({ entry, times }) => {
      const spent = times.reduce((sum, ms) => sum + ms, 0) / 1000;
      return round < wished(entry) && (round === 0 || spent < budgetSeconds);
    });
    if (running.length === 0) break;
    for (const own of running) {
      progress(`${entryName(own.entry)} run ${round + 1}`);
      try {
        if (workload.kind === 'soak') {
          if (round > 0) continue;
          const work = own.host.soak(options.soakSteps);
          Object.assign(own, await inTime(HANGS_SECONDS, work));
        } else {
          const run = await inTime(HANGS_SECONDS, own.host.run());
          own.times.push(run.milliseconds);
          own.numbers.push(run.number);
          own.counts = run.counts;
        }
      } catch (error) {
        there.delete(own);
        rows.push(absentRow(workload, own.entry, reasonOf(error)));
        await own.host.close();
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
  if (runs === 0) throw new CannotRun('takes many minutes on a software adapter');
  const host = await hosts.open(entry);
  // Where there is time for one run only it is not warmed up, as `runs` 1 tells.
  const warmUps = runs === 1 || workload.kind === 'soak' ? 0 : 2;
  try {
    const prepared = await inTime(HANGS_SECONDS, host.prepare(workload, warmUps));
    return { host, entry, ...prepared, times: [], counts: {} };
  } catch (error) {
    await host.close();
    throw error;
  }
}

function runsOf({ id, runs }: Workload, { contender, engine }: Entry, adapter: Adapter): number {
  if (engine !== 'webgpu' && engine !== 'webgl') return runs.cpu;
  if (!adapter.software) return runs.gpu;
  // Counted once, for its counts; what others take there would be minutes a step.
  return id === 'W4' && contender !== 'idiolect' ? 0 : runs.software;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
