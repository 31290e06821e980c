/** Rows of results, and how they are printed. */
import type { Counts, Entry } from './contender.ts';
import { spreadOf } from './statistics.ts';
import type { Workload } from './workloads.ts';

export interface Row {
  workload: string;
  contender: string;
  engine: string;
  where: string;
  median_ms: number | null;
  q1_ms: number | null;
  q3_ms: number | null;
  runs: number;
  tokens_per_s: number | null;
  counts: Counts;
  /** What it ran on. */
  device?: string;
  /** Losses of the warm-up runs. */
  numbers?: number[];
  /** Why there are no numbers. */
  absent?: string;
}

export function measuredRow(
  workload: Workload,
  entry: Pick<Row, 'contender' | 'engine' | 'where'>,
  times: readonly number[],
  rest: Pick<Row, 'counts' | 'device' | 'numbers'>,
): Row {
  const spread = times.length > 0 ? spreadOf(times) : undefined;
  const tokens = workload.batch * workload.time;
  return {
    workload: workload.id,
    contender: entry.contender,
    engine: entry.engine,
    where: entry.where,
    median_ms: spread?.median ?? null,
    q1_ms: spread?.q1 ?? null,
    q3_ms: spread?.q3 ?? null,
    runs: times.length,
    tokens_per_s: spread && tokens > 0 ? (1000 * tokens) / spread.median : null,
    ...rest,
  };
}

export function absentRow(workload: Workload, entry: Entry, absent: string): Row {
  return { ...measuredRow(workload, entry, [], { counts: {} }), absent };
}

/** One table of a workload: the quickest first, the absent last with their reasons. */
export function printTable(workload: Workload, rows: readonly Row[]): string {
  const rank = ({ median_ms: median, absent }: Row) =>
    absent === undefined ? (median ?? 1e12) : 1e15;
  const cells = [...rows]
    .sort((a, b) => rank(a) - rank(b))
    .map((row) => [
      row.contender,
      row.engine,
      row.where,
      ...(row.absent === undefined
        ? [
            milliseconds(row.median_ms),
            row.runs > 1 ? `${milliseconds(row.q1_ms)}–${milliseconds(row.q3_ms)}` : '',
            String(row.runs),
            row.tokens_per_s === null ? '' : Math.round(row.tokens_per_s).toLocaleString('en'),
            printCounts(row.counts),
          ]
        : ['absent', '', '', '', row.absent]),
    ]);
  const head = ['contender', 'engine', 'where', 'median ms', 'quartiles', 'runs', 'tok/s', ''];
  const body = [head, ...cells];
  const widths = head.map((_, c) => Math.max(...body.map((line) => line[c]!.length)));
  const numeric = new Set([3, 4, 5, 6]);
  const lines = body.map((line) =>
    line
      .map((cell, c) => (numeric.has(c) ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
      .join('  ')
      .trimEnd(),
  );
  return [`${workload.id}: ${workload.title}`, ...lines.map((line) => `  ${line}`), ''].join('\n');
}

/**
 * How far the losses of the warm-up runs lie apart; undefined when fewer than two contenders gave
 * any. Times of contenders that compute different things mean nothing.
 */
export function largestDifference(rows: readonly Row[]): number | undefined {
  const given = rows.filter(({ numbers }) => numbers !== undefined && numbers.length > 0);
  if (given.length < 2) return undefined;
  const [first, ...others] = given.map(({ numbers }) => numbers!);
  return Math.max(
    ...others.flatMap((numbers) =>
      numbers.slice(0, first!.length).map((number, i) => Math.abs(number - first![i]!)),
    ),
  );
}

function milliseconds(value: number | null): string {
  if (value === null) return '';
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function printCounts(counts: Counts): string {
  return Object.entries(counts)
    .map(([name, value]) =>
      /bytes|rss/.test(name)
        ? `${name} ${(value / 1e6).toFixed(Math.abs(value) < 1e6 ? 3 : 0)} MB`
        : `${name} ${Number.isInteger(value) ? value : value.toFixed(3)}`,
    )
    .join(', ');
}
