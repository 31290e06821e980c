/** What each arm can do after training: a dot for each seed, the mean with its interval, the base. */
import type { ExperimentReport } from '../experiment/report/report.ts';
import type { ArmSummary } from '../experiment/report/summaries.ts';
import { linearAxis, padded } from './drawing/axis.ts';
import { count, counted, percentage } from './format.ts';
import { rowsDrawing, type Row } from './drawing/rows.ts';
import { seriesColor } from './drawing/marks.ts';
import { line, mark, ofReference, softInk, text, whisker, type Shape } from './drawing/shapes.ts';
import {
  armsOfModel,
  findArm,
  modelIds,
  seedWords,
  slotOf,
  type Figure,
  type Shown,
} from './figure.ts';

export const percentLabel = (share: number): string => String(Math.round(100 * share));

/** One seed has no noise of seeds: Wilson's interval over questions; more: questions and seeds resampled. */
export function intervalOf(arm: ArmSummary): { low: number; high: number } {
  return arm.seeds.length === 1 ? arm.seeds[0]!.strict.interval : arm.interval;
}

export function accuracyFigure(shown: Shown): Figure {
  const { report } = shown;
  const n = report.models[0]?.strict.n ?? 0;
  return {
    id: 'accuracy-after',
    title: 'Accuracy after training',
    help: `Share of ${count(n)} test questions answered right, strictly: in the form that training teaches. A mark for each seed; the tick is their mean; the whisker is a 95 % interval: bootstrap over questions and seeds, or Wilson’s over questions where an arm has one seed. The dashed line is the base model.`,
    sentence: accuracySentence(report),
    columns: [
      { key: 'model', label: 'model' },
      { key: 'set', label: 'set' },
      { key: 'seeds', label: 'seeds', number: true, show: String },
      { key: 'accuracy', label: 'strict', number: true },
      { key: 'low', label: '95 % from', number: true },
      { key: 'high', label: 'to', number: true },
      { key: 'interval', label: 'interval' },
      { key: 'deviation', label: 'deviation', number: true, help: 'Between seeds.' },
      { key: 'flexible', label: 'flexible', number: true, help: 'Forgives a lost form.' },
      { key: 'base', label: 'base', number: true },
      { key: 'change', label: 'change', number: true },
      { key: 'change_low', label: '95 % from', number: true },
      { key: 'change_high', label: 'to', number: true },
      { key: 'each_seed', label: 'each seed' },
    ],
    records: report.arms.map((arm) => ({
      model: arm.model,
      set: arm.set,
      seeds: arm.seeds.length,
      accuracy: arm.accuracy,
      ...intervalOf(arm),
      interval: arm.seeds.length === 1 ? 'Wilson' : 'bootstrap',
      deviation: arm.deviation,
      flexible: arm.flexible,
      base: arm.accuracyChange.before,
      change: arm.accuracyChange.change,
      change_low: arm.accuracyChange.interval.low,
      change_high: arm.accuracyChange.interval.high,
      each_seed: arm.seeds.map(({ strict }) => strict.share.toFixed(3)).join(' '),
    })),
    draw: (width) => draw(shown, width),
  };
}

function draw({ report, reference }: Shown, width: number) {
  const shares = report.arms.flatMap((arm) => [
    arm.accuracyChange.before,
    intervalOf(arm).low,
    intervalOf(arm).high,
    ...arm.seeds.map(({ strict }) => strict.share),
  ]);
  const others = reference?.arms.map(({ accuracy }) => accuracy) ?? [];
  // Always from 0: a share is read against nothing.
  const range = padded([0, ...shares, ...others], { hold: [0, 1] });
  return rowsDrawing({
    width,
    rowHeight: 40,
    title: `strict accuracy, % of ${count(report.models[0]?.strict.n ?? 0)} test questions`,
    shortTitle: 'strict accuracy, %',
    axis: (place) => linearAxis(range, { ...place, label: percentLabel }),
    groups: modelIds(report)
      .filter((model) => armsOfModel(report, model).length > 0)
      .map((model) => {
        const modelArms = armsOfModel(report, model);
        const base = modelArms[0]!.accuracyChange.before;
        return {
          heading: model,
          behind: (axis, top, foot) => baseLine(axis.at(base), top, foot, percentage(base)),
          rows: modelArms.map((arm): Row => ({
            name: arm.set,
            slot: slotOf(report, arm.set),
            value: percentage(arm.accuracy),
            note: `${percentLabel(intervalOf(arm).low)}–${percentLabel(intervalOf(arm).high)}`,
            draw: (axis, middle) =>
              armShapes(report, arm, findArm(reference, arm), axis.at, middle),
          })),
        };
      }),
  });
}

function baseLine(x: number, top: number, foot: number, value: string): Shape[] {
  const style = { soft: true, small: true, anchor: 'middle', rimmed: true } as const;
  return [
    line(x, top, x, foot, { color: softInk, width: 1.25, dash: '4 3' }),
    text(x, top - 6, `base ${value}`, style),
  ];
}

function armShapes(
  report: ExperimentReport,
  arm: ArmSummary,
  reference: ArmSummary | undefined,
  at: (share: number) => number,
  middle: number,
): Shape[] {
  const slot = slotOf(report, arm.set);
  const color = seriesColor(slot);
  const { low, high } = intervalOf(arm);
  const mean = at(arm.accuracy);
  const shapes = [
    whisker(at(low), at(high), middle, { color, width: 1.5 }, 5),
    ...arm.seeds.map(({ seed, strict }, i) =>
      mark(slot, at(strict.share), middle + seedOffset(i, arm.seeds.length), {
        radius: 4,
        opacity: 0.6,
        title: `${arm.set}, seed ${seed}: ${percentage(strict.share)} (${strict.correct} of ${strict.n})`,
      }),
    ),
    line(mean, middle - 11, mean, middle + 11, { color, width: 2.5 }),
  ];
  if (reference === undefined) return shapes;
  const title = `${arm.set}, reference: ${percentage(reference.accuracy)}`;
  const hollow = { radius: 4, hollow: true, title };
  return [...shapes, ...ofReference([mark(slot, at(reference.accuracy), middle + 15, hollow)])];
}

/** Seeds lie a little apart in height, so that equal ones can be counted. */
export function seedOffset(i: number, n: number): number {
  return n === 1 ? 0 : ((i / (n - 1)) * 2 - 1) * 7;
}

export function accuracySentence(report: ExperimentReport): string {
  const { arms, models } = report;
  if (arms.length === 0) return 'No run has ended yet.';
  const said = (arm: ArmSummary) => {
    const { low, high } = intervalOf(arm);
    return `${percentage(arm.accuracy)} (95 % interval ${percentLabel(low)}–${percentLabel(high)}) after ${arm.set}`;
  };
  const parts = modelIds(report).flatMap((model) => {
    const order = armsOfModel(report, model).toSorted((a, b) => b.accuracy - a.accuracy);
    const [best] = order;
    if (best === undefined) return [];
    const least = order.length > 1 ? ` and ${said(order.at(-1)!)}` : '';
    const base = percentage(best.accuracyChange.before);
    return [`${model} answers ${said(best)}${least}, ${base} before.`];
  });
  return `${parts.join(' ')} ${counted(models[0]!.strict.n, 'test question')}, ${seedWords(arms)}.`;
}
