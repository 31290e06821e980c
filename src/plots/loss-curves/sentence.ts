/** What a chart of curves says, in words: its finding and its text alternative. */
import { digits, list, percent } from '../format.ts';
import { curveMetrics, metricOf, type CurveMetric, type CurveRun } from './curves.ts';

/** Runs named in a sentence; of more, only how many. */
const MOST_NAMED = 4;

export function curveSentence(runs: readonly CurveRun[], metric: CurveMetric): string {
  const found = runs.flatMap((run) => describe(run, metric) ?? []);
  const title = curveMetrics[metric].title;
  if (found.length === 0) return `${title}: no points yet.`;
  const named = found.slice(0, MOST_NAMED);
  const rest = found.length - named.length;
  const more = rest > 0 ? `; ${rest} more ${rest === 1 ? 'run' : 'runs'} in the table` : '';
  const diverged = runs.flatMap((run) =>
    run.divergedAt === undefined
      ? []
      : [`${run.label} stopped at step ${run.divergedAt}, where a number was none.`],
  );
  return [`${named.join('; ')}${more}.`, ...diverged].join(' ');
}

function describe(run: CurveRun, metric: CurveMetric): string | undefined {
  const { line, held } = metricOf(metric);
  const parts: string[] = [];
  const show = metric === 'accuracy' ? percent : digits;
  for (const [column, name] of [
    [line, metric === 'loss' ? 'training ' : ''],
    [held, metric === 'loss' ? 'held out ' : ''],
  ] as const) {
    if (column === undefined) continue;
    const values = run.log.column(column).filter((value) => Number.isFinite(value));
    const [first, last] = [values[0], values.at(-1)];
    if (first === undefined || last === undefined) continue;
    parts.push(`${name}${show(first)} → ${show(last)}`);
  }
  return parts.length === 0 ? undefined : `${run.label}: ${list(parts)}`;
}
