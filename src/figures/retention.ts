/** What training on one task did to others: change from the base model for each arm. */
import type { BaseResult } from '../experiment/run/results.ts';
import type { ArmSummary } from '../experiment/report/summaries.ts';
import type { PairedChange } from '../statistics/paired-change.ts';
import { mean } from '../statistics/summary.ts';
import { linearAxis, padded } from './drawing/axis.ts';
import { count, counted, points, signedDecimal } from './format.ts';
import { tickLabel } from './drawing/ticks.ts';
import { rowsDrawing, type Row } from './drawing/rows.ts';
import { seriesColor } from './drawing/marks.ts';
import { line, mark, ofReference, softInk, whisker, type Shape } from './drawing/shapes.ts';
import { seedOffset } from './accuracy.ts';
import {
  armsOfModel,
  findArm,
  modelIds,
  runsOfArm,
  seedWords,
  slotOf,
  type Figure,
  type Shown,
} from './figure.ts';

/** One way of asking what was kept. */
interface Measure {
  id: string;
  title: string;
  help: string;
  unit: string;
  shortUnit: string;
  /** In sentences: "−24.6 points". */
  say: (change: number) => string;
  /** What is counted: "questions of other tasks". */
  noun: string;
  /** A change of this sign is a loss of ability. */
  worse: 1 | -1;
  of: (arm: ArmSummary) => PairedChange | undefined;
  /** Change of each seed, where the runs are at hand. */
  seeds: (arm: ArmSummary, shown: Shown) => number[];
}

const accuracy: Measure = {
  id: 'retention-accuracy',
  title: 'Other tasks: accuracy',
  help: 'Strict accuracy on tasks that were not trained on, after minus before, in percentage points. The whisker is a 95 % bootstrap interval over questions, each paired with itself; a mark for each seed.',
  unit: 'change in strict accuracy on other tasks, percentage points',
  shortUnit: 'change in accuracy, points',
  say: (change) => `${points(change)} points`,
  noun: 'questions of other tasks',
  worse: -1,
  of: (arm) => (Number.isFinite(arm.retentionChange.before) ? arm.retentionChange : undefined),
  seeds: ({ seeds, retentionChange: { before } }) =>
    seeds.map(({ retention }) => retention.share - before),
};

const likelihood: Measure = {
  id: 'retention-nll',
  title: 'Other tasks: surprise at right answers',
  help: 'Mean negative log-likelihood of right answers to questions of other tasks, nats per token, after minus before. Above 0 the model finds right answers less likely than it did. The whisker is a 95 % bootstrap interval over questions, each paired with itself; a mark for each seed.',
  unit: 'change in NLL of right answers to other tasks, nats per token',
  shortUnit: 'change in NLL, nats per token',
  say: (change) => `${signedDecimal(change)} nats per token`,
  noun: 'answers to other tasks',
  worse: 1,
  of: ({ retentionNllChange }) => retentionNllChange,
  seeds: (arm, { results }) => {
    const base = results.find((result): result is BaseResult => result.id === `base.${arm.model}`);
    if (base === undefined) return [];
    const before = mean(base.retentionNll);
    return runsOfArm(results, arm).map(({ retentionNll }) => mean(retentionNll) - before);
  },
};

/** Held-out general text; its seeds are only known from the runs. */
const generalText = (name: string): Measure => ({
  id: `text-nll-${name}`,
  title: `General text: ${name}`,
  help: 'Mean negative log-likelihood of held-out general text, nats per token, after minus before: above 0 the model finds it less likely than it did. The whisker is a 95 % bootstrap interval over texts, each paired with itself; a mark for each seed.',
  unit: 'change in NLL of general text, nats per token',
  shortUnit: 'change in NLL, nats per token',
  say: (change) => `${signedDecimal(change)} nats per token`,
  noun: `texts (${name})`,
  worse: 1,
  of: ({ textNllChange }) => textNllChange[name],
  seeds: (arm, { results }) => {
    const base = results.find((result): result is BaseResult => result.id === `base.${arm.model}`);
    const before = mean(base?.textNll[name] ?? []);
    return runsOfArm(results, arm)
      .map(({ textNll }) => mean(textNll[name] ?? []) - before)
      .filter(Number.isFinite);
  },
});

/** Those figures for which something was measured. */
export function retentionFigures(shown: Shown): Figure[] {
  const { arms } = shown.report;
  const texts = [...new Set(arms.flatMap(({ textNllChange }) => Object.keys(textNllChange)))];
  return [accuracy, likelihood, ...texts.map(generalText)]
    .filter(({ of }) => arms.some((arm) => of(arm) !== undefined))
    .map((measure) => retentionFigure(shown, measure));
}

function retentionFigure(shown: Shown, measure: Measure): Figure {
  const { report } = shown;
  return {
    id: measure.id,
    title: measure.title,
    help: measure.help,
    sentence: retentionSentence(report.arms, measure),
    columns: [
      { key: 'model', label: 'model' },
      { key: 'set', label: 'set' },
      { key: 'n', label: 'n', number: true, show: String },
      { key: 'before', label: 'before', number: true },
      { key: 'after', label: 'after', number: true },
      { key: 'change', label: 'change', number: true },
      { key: 'low', label: '95 % from', number: true },
      { key: 'high', label: 'to', number: true },
    ],
    records: report.arms.flatMap((arm) => {
      const change = measure.of(arm);
      if (change === undefined) return [];
      const { n, before, after, interval } = change;
      const { low, high } = interval;
      return [
        { model: arm.model, set: arm.set, n, before, after, change: change.change, low, high },
      ];
    }),
    draw: (width) => draw(shown, measure, width),
  };
}

function draw(shown: Shown, measure: Measure, width: number) {
  const { report, reference } = shown;
  const label = measure === accuracy ? (value: number) => tickLabel(100 * value) : undefined;
  const values = report.arms.flatMap((arm) => {
    const change = measure.of(arm);
    return change === undefined
      ? []
      : [change.interval.low, change.interval.high, change.change, ...measure.seeds(arm, shown)];
  });
  const others = (reference?.arms ?? []).flatMap((arm) => measure.of(arm)?.change ?? []);
  const range = padded([0, ...values, ...others]);
  return rowsDrawing({
    width,
    rowHeight: 40,
    title: measure.unit,
    shortTitle: measure.shortUnit,
    axis: (place) => linearAxis(range, { ...place, ...(label && { label }) }),
    groups: modelIds(report)
      .filter((model) => armsOfModel(report, model).some((arm) => measure.of(arm)))
      .map((model) => ({
        heading: model,
        behind: (axis, top, foot) => [
          line(axis.at(0), top, axis.at(0), foot, { color: softInk, width: 1.25, dash: '4 3' }),
        ],
        rows: armsOfModel(report, model).flatMap((arm): Row[] => {
          const change = measure.of(arm);
          if (change === undefined) return [];
          const other = findArm(reference, arm);
          const written = measure === accuracy ? points : signedDecimal;
          const { low, high } = change.interval;
          return [
            {
              name: arm.set,
              slot: slotOf(report, arm.set),
              value: written(change.change),
              note: `${written(low)} to ${written(high)}`,
              draw: (axis, middle) =>
                rowShapes(
                  {
                    slot: slotOf(report, arm.set),
                    change,
                    seeds: measure.seeds(arm, shown),
                    reference: other && measure.of(other),
                    title: (value) => `${arm.set}: ${measure.say(value)}`,
                  },
                  axis.at,
                  middle,
                ),
            },
          ];
        }),
      })),
  });
}

function rowShapes(
  {
    slot,
    change,
    seeds,
    reference,
    title,
  }: {
    slot: number;
    change: PairedChange;
    seeds: readonly number[];
    reference: PairedChange | undefined;
    title: (value: number) => string;
  },
  at: (value: number) => number,
  middle: number,
): Shape[] {
  const color = seriesColor(slot);
  const shown = [
    whisker(at(change.interval.low), at(change.interval.high), middle, { color, width: 1.5 }, 5),
    ...seeds.map((value, i) =>
      mark(slot, at(value), middle + seedOffset(i, seeds.length), {
        radius: 4,
        opacity: 0.6,
        title: title(value),
      }),
    ),
    line(at(change.change), middle - 11, at(change.change), middle + 11, { color, width: 2.5 }),
  ];
  if (reference === undefined) return shown;
  const hollow = { radius: 4, hollow: true, title: `reference, ${title(reference.change)}` };
  return [...shown, ...ofReference([mark(slot, at(reference.change), middle + 15, hollow)])];
}

function retentionSentence(arms: readonly ArmSummary[], { of, say, worse, noun }: Measure): string {
  const measured = arms
    .flatMap((arm) => {
      const change = of(arm);
      return change === undefined ? [] : [{ arm, change }];
    })
    .toSorted((a, b) => worse * (b.change.change - a.change.change));
  const [most] = measured;
  if (most === undefined) return 'Nothing is measured on other tasks yet.';
  const least = measured.at(-1)!;
  const said = ({ arm, change }: (typeof measured)[number]) =>
    `${say(change.change)} for ${arm.model} after ${arm.set}`;
  const lost = measured.filter(({ change: { interval } }) =>
    worse === -1 ? interval.high < 0 : interval.low > 0,
  ).length;
  const range = measured.length === 1 ? said(most) : `from ${said(most)} to ${said(least)}`;
  const n = most.change.n;
  return `Change on ${count(n)} ${noun}: ${range}. In ${lost} of ${counted(measured.length, 'pairing')} of model and set the whole interval is a loss; ${seedWords(arms)}.`;
}
