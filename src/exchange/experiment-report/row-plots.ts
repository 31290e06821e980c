/** Figures with a row for each set, grouped by model: perplexity before, accuracy and others after. */
import type { ArmSummary } from '../../experiment/summaries.ts';
import type { ExperimentReport } from '../../experiment/report.ts';
import {
  LEFT,
  RIGHT,
  ROW,
  WIDTH,
  dot,
  figure,
  line,
  logScale,
  round,
  series,
  shareScale,
  text,
  ticksBelow,
  type Scale,
} from './svg.ts';

interface Row {
  label: string;
  /** The row's marks around a height. */
  draw: (y: number) => string;
  /** Written out at the end of the row. */
  value: string;
}

interface Group {
  heading: string;
  /** Marks behind all rows of the group, such as the base model's line. */
  behind?: (top: number, foot: number) => string;
  rows: Row[];
}

function rowsFigure(title: string, scale: Scale, note: string, groups: readonly Group[]): string {
  let y = 8;
  let content = '';
  for (const { heading, behind, rows } of groups) {
    y += 16;
    content += text(0, y, heading, { kind: 'strong' });
    const foot = y + 8 + rows.length * ROW;
    content += behind?.(y + 6, foot) ?? '';
    y += 8;
    for (const { label, draw, value } of rows) {
      const middle = y + ROW / 2;
      content += text(8, middle + 4, label);
      content += draw(middle);
      content += text(WIDTH, middle + 4, value, { anchor: 'end' });
      y += ROW;
    }
    y += 6;
  }
  const grid = ticksBelow(scale, 16, y);
  return figure(y + 20, title, grid + content, note);
}

/** Median, middle half and middle 90 % of the answers' perplexities, log scale. */
export function perplexityFigure({ sets, models }: ExperimentReport): string {
  const all = sets.flatMap(({ familiarity }) => Object.values(familiarity));
  const largest = Math.max(...all.map(({ quantiles }) => quantiles[4]!));
  const scale = logScale(largest, LEFT, RIGHT);
  const groups = models.map(({ facts }) => ({
    heading: `under ${facts.id}`,
    rows: sets.map(({ id, familiarity }, i) => {
      const own = familiarity[facts.id]!;
      const [p5, p25, p50, p75, p95] = own.quantiles.map(scale.at);
      return {
        label: id,
        value: own.median.toFixed(2),
        draw: (y: number) =>
          line(p5!, y, p95!, y, `range ${series(i)}`) +
          `<rect x="${round(p25!)}" y="${round(y - 5)}" width="${round(Math.max(1, p75! - p25!))}" height="10" class="box ${series(i)}"/>` +
          line(p50!, y - 7, p50!, y + 7, `middle ${series(i)}`),
      };
    }),
  }));
  return rowsFigure(
    'Perplexity of each set under each model before training',
    scale,
    'Perplexity of an answer, on a logarithmic scale: median, middle half and middle 90 % of the answers.',
    groups,
  );
}

/** Each seed as a dot, the mean with its interval, and the base model as a line. */
export function accuracyFigure(report: ExperimentReport): string {
  return outcomeFigure(
    report,
    'Strict accuracy on test questions',
    'Accuracy on test questions after training',
    (arm) => ({
      seeds: arm.seeds.map(({ strict }) => strict.share),
      mean: arm.accuracy,
      low: arm.interval.low,
      high: arm.interval.high,
      base: arm.accuracyChange.before,
    }),
  );
}

export function retentionFigure(report: ExperimentReport): string {
  return outcomeFigure(
    report,
    'Strict accuracy on tasks that were not trained on',
    'Other tasks after training',
    (arm) => {
      const { before, after, interval } = arm.retentionChange;
      return {
        seeds: arm.seeds.map(({ retention }) => retention.share),
        mean: after,
        low: before + interval.low,
        high: before + interval.high,
        base: before,
      };
    },
  );
}

interface Outcome {
  seeds: number[];
  mean: number;
  low: number;
  high: number;
  base: number;
}

function outcomeFigure(
  { arms, models, sets }: ExperimentReport,
  axis: string,
  title: string,
  outcomeOf: (arm: ArmSummary) => Outcome,
): string {
  const scale = shareScale(LEFT, RIGHT);
  const clamp = (value: number) => scale.at(Math.max(0, Math.min(1, value)));
  const groups = models.flatMap(({ facts }) => {
    const own = arms.filter(({ model }) => model === facts.id);
    if (own.length === 0) return [];
    const base = scale.at(outcomeOf(own[0]!).base);
    return {
      heading: `${facts.id} after`,
      behind: (top: number, foot: number) => line(base, top, base, foot, 'base'),
      rows: own.map((arm) => {
        const { seeds, mean, low, high } = outcomeOf(arm);
        const color = series(sets.findIndex(({ id }) => id === arm.set));
        return {
          label: arm.set,
          value: mean.toFixed(2),
          draw: (y: number) =>
            line(clamp(low), y, clamp(high), y, `interval ${color}`) +
            seeds
              .map((value) => dot(scale.at(value), y, 3, `seed ${color}`, value.toFixed(3)))
              .join('') +
            line(scale.at(mean), y - 6, scale.at(mean), y + 6, `middle ${color}`),
        };
      }),
    };
  });
  return rowsFigure(
    title,
    scale,
    `${axis}. Dots are seeds, the tick is their mean, the bar its 95 % interval, the dashed line the base model.`,
    groups,
  );
}
