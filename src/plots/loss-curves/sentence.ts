/** What a chart of curves says, in words: its finding and its text alternative. */
import { digits, list, percent } from '../../figures/format.ts';
import { tickLabel } from '../../figures/drawing/ticks.ts';
import { curveMetrics, metricOf, type CurveMetric, type CurveRun } from './curves.ts';

/** Runs named in a sentence; of more, only how many. */
const MOST_NAMED = 4;

export function curveSentence(runs: readonly CurveRun[], metric: CurveMetric): string {
  const found = runs.flatMap((run) => {
    const finding = describe(run, metric);
    return finding === undefined ? [] : [{ label: run.label, finding }];
  });
  const title = curveMetrics[metric].title;
  if (found.length === 0) return `${title}: no points yet.`;
  const diverged = runs.flatMap((run) =>
    run.divergedAt === undefined
      ? []
      : [`${run.label} stopped at step ${run.divergedAt}, where a number was none.`],
  );
  return [`${together(found)}.`, ...diverged].join(' ');
}

/** What holds for all runs alike, such as their schedule, is said once. */
function together(found: readonly { label: string; finding: string }[]): string {
  const { finding } = found[0]!;
  if (found.length > 1 && found.every((one) => one.finding === finding)) {
    return `All ${found.length} runs: ${finding}`;
  }
  const named = found.slice(0, MOST_NAMED).map((one) => `${one.label}: ${one.finding}`);
  const rest = found.length - named.length;
  const more = rest > 0 ? `; ${rest} more ${rest === 1 ? 'run' : 'runs'} in the table` : '';
  return named.join('; ') + more;
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
    if (column === 'learningRate') {
      // It rises and falls by plan: what counts is how high.
      const highest = values.reduce((most, value) => Math.max(most, value));
      parts.push(`up to ${tickLabel(highest)}, now ${tickLabel(last)}`);
      continue;
    }
    parts.push(`${name}${show(first)} → ${show(last)}`);
  }
  return parts.length === 0 ? undefined : list(parts);
}
