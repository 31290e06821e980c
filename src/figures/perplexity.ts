/** How familiar each set was to each model before training: every answer, and the median. */
import type { FamiliarityResult } from '../experiment/run/results.ts';
import type { Familiarity } from '../experiment/report/summaries.ts';
import { perplexityAxis } from './drawing/axis.ts';
import { digits } from './format.ts';
import { logHistogram, stepsPath } from './drawing/log-axis.ts';
import { rowsDrawing, type Row } from './drawing/rows.ts';
import { seriesColor } from './drawing/marks.ts';
import { area, ink, line, mark, ofReference, whisker, type Shape } from './drawing/shapes.ts';
import { findSet, modelIds, slotOf, type Figure, type Shown } from './figure.ts';

const BINS = 48;
const RIDGE = 24;

interface Measured {
  model: string;
  set: string;
  slot: number;
  summary: Familiarity;
  /** Perplexity of each answer; empty when only the summary is at hand. */
  answers: number[];
  reference: Familiarity | undefined;
}

export function perplexityFigure(shown: Shown): Figure {
  const measured = measuredSets(shown);
  return {
    id: 'perplexity-before',
    title: 'Perplexity before training',
    help: 'Perplexity of an answer: exp of the mean negative log-likelihood per token of the answer given its question, under the model before any training. Hills show how many answers lie where, the pale bar the middle half, the mark the median with its 95 % bootstrap interval over answers.',
    sentence: perplexitySentence(measured),
    columns: [
      { key: 'model', label: 'model' },
      { key: 'set', label: 'set' },
      { key: 'n', label: 'n', number: true, show: String },
      { key: 'median', label: 'median', number: true },
      { key: 'median_low', label: '95 % from', number: true },
      { key: 'median_high', label: 'to', number: true },
      { key: 'geometric', label: 'geometric', number: true },
      { key: 'arithmetic', label: 'arithmetic', number: true },
      { key: 'by_token', label: 'by token', number: true },
      { key: 'clipped', label: 'clipped', number: true, help: 'No token counts above 3 nats.' },
      { key: 'quarter', label: '25 %', number: true },
      { key: 'three_quarters', label: '75 %', number: true },
      { key: 'mean_tokens', label: 'tokens', number: true },
      { key: 'right', label: 'right', number: true, help: 'Share of right answers in the set.' },
    ],
    records: measured.map(({ model, set, summary }) => ({
      model,
      set,
      n: summary.n,
      median: summary.median,
      median_low: summary.medianInterval.low,
      median_high: summary.medianInterval.high,
      geometric: summary.geometric,
      arithmetic: summary.arithmetic,
      by_token: summary.tokenWeighted,
      clipped: summary.clipped,
      quarter: summary.quantiles[1],
      three_quarters: summary.quantiles[3],
      mean_tokens: summary.meanTokens,
      right: findSet(shown.report, set)?.correct.share,
    })),
    draw: (width) => draw(shown, measured, width),
  };
}

function measuredSets({ report, results, reference }: Shown): Measured[] {
  return modelIds(report).flatMap((model) => {
    return report.sets.flatMap(({ id, familiarity }) => {
      const summary = familiarity[model];
      if (summary === undefined) return [];
      const scored = results.find(
        (result): result is FamiliarityResult =>
          result.kind === 'familiarity' && result.model === model && result.set === id,
      );
      const answers = (scored?.answers ?? []).map(({ nllSum, tokens }) =>
        Math.exp(nllSum / tokens),
      );
      const other = findSet(reference, id)?.familiarity[model];
      return [{ model, set: id, slot: slotOf(report, id), summary, answers, reference: other }];
    });
  });
}

function draw({ report }: Shown, measured: readonly Measured[], width: number) {
  // The furthest 5 % of a set without its answers at hand are not drawn and need no room.
  const values = measured.flatMap(({ answers, summary, reference }) => [
    ...answers,
    summary.quantiles[4]!,
    reference?.quantiles[4] ?? 1,
  ]);
  let max = 1;
  // One scale of heights for all sets, or a set of few answers would look as full as a large one.
  let most = 1;
  return rowsDrawing({
    width,
    rowHeight: 54,
    title: 'perplexity of an answer, log axis (1: never surprised)',
    shortTitle: 'perplexity, log axis',
    axis: (place) => {
      const axis = perplexityAxis(values, place);
      max = axis.max;
      most = Math.max(1, ...measured.flatMap(({ answers }) => logHistogram(answers, max, BINS)));
      return axis;
    },
    groups: modelIds(report).map((model) => ({
      heading: `under ${model}`,
      rows: measured
        .filter((one) => one.model === model)
        .map((one): Row => ({
          name: one.set,
          slot: one.slot,
          value: digits(one.summary.median),
          note: `${digits(one.summary.medianInterval.low)}–${digits(one.summary.medianInterval.high)}`,
          draw: (axis, middle) => rowShapes(one, middle + 10, axis.at, { max, most }),
        })),
    })),
  });
}

function rowShapes(
  { summary, slot, answers, reference, set }: Measured,
  foot: number,
  at: (value: number) => number,
  { max, most }: { max: number; most: number },
): Shape[] {
  const color = seriesColor(slot);
  const [p5, p25, , p75, p95] = summary.quantiles.map(at);
  const width = at(max) - at(1);
  const place = { left: at(1), foot, width, unit: RIDGE / most };
  const ridge = stepsPath(logHistogram(answers, max, BINS), place);
  const shapes = [
    ...(ridge === '' ? [] : [area(ridge, color, 0.28)]),
    line(p5!, foot, p95!, foot, { color }),
    line(p25!, foot, p75!, foot, { color, width: 6, opacity: 0.45 }),
    whisker(at(summary.medianInterval.low), at(summary.medianInterval.high), foot, {
      color: ink,
      width: 1.5,
    }),
    mark(slot, at(summary.median), foot, { title: `${set}: median ${digits(summary.median)}` }),
  ];
  if (reference === undefined) return shapes;
  const low = foot + 11;
  const title = `${set}, reference: median ${digits(reference.median)}`;
  return [
    ...shapes,
    ...ofReference([
      line(at(reference.quantiles[1]!), low, at(reference.quantiles[3]!), low, { color }),
      mark(slot, at(reference.median), low, { radius: 4, hollow: true, title }),
    ]),
  ];
}

/** Which set each model knows best and least, and whether the first place is settled. */
export function perplexitySentence(
  measured: readonly { model: string; set: string; summary: Familiarity }[],
): string {
  if (measured.length === 0) return 'No set is measured yet.';
  const models = [...new Set(measured.map(({ model }) => model))];
  const parts = models.map((model) => {
    const order = measured
      .filter((one) => one.model === model)
      .toSorted((a, b) => a.summary.median - b.summary.median);
    const [first, second] = order;
    const said = ({ set, summary }: { set: string; summary: Familiarity }) =>
      `${set} (median ${digits(summary.median)})`;
    if (second === undefined)
      return `To ${model}, ${first!.set} has a median of ${digits(first!.summary.median)}.`;
    const settled = first!.summary.medianInterval.high < second.summary.medianInterval.low;
    const tie = settled ? '' : `; its interval overlaps with that of ${second.set}`;
    return `To ${model} the most familiar set is ${said(first!)}, the least ${said(order.at(-1)!)}${tie}.`;
  });
  return parts.join(' ');
}
