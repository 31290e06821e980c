/** Learning curves of each arm: mean over seeds with their range, against steps or against tokens. */
import type { CurvePoint } from '../experiment/run/results.ts';
import { mean } from '../statistics/summary.ts';
import { axisBelow, axisLeft, linearAxis, padded } from './drawing/axis.ts';
import { count, digits } from './format.ts';
import { NARROW } from './drawing/rows.ts';
import { seriesColor, seriesDash } from './drawing/marks.ts';
import {
  area,
  mark,
  pathOf,
  polyline,
  text,
  textWidth,
  type Drawing,
  type Shape,
} from './drawing/shapes.ts';
import { spread } from './cross-over.ts';
import {
  armsOfModel,
  modelIds,
  runsOfArm,
  seedWords,
  slotOf,
  type Figure,
  type Shown,
} from './figure.ts';

export type CurveAxis = 'step' | 'tokens';
export type CurveLoss = 'held-out' | 'training';

export interface CurveChoice {
  axis: CurveAxis;
  loss: CurveLoss;
}

/** One point of an arm's curve, over the seeds that have it. */
export interface MeanPoint {
  step: number;
  /** Tokens seen, prompts included; mean over seeds. */
  tokens: number;
  mean: number;
  low: number;
  high: number;
  seeds: number;
}

const valueOf: Record<CurveLoss, (point: CurvePoint) => number | null | undefined> = {
  'held-out': ({ validationLoss }) => validationLoss,
  training: ({ loss }) => loss,
};

/** Mean and range at each step that any seed reported; steps without a number are left out. */
export function meanCurve(
  runs: readonly { curve: readonly CurvePoint[] }[],
  loss: CurveLoss,
): MeanPoint[] {
  const bySteps = new Map<number, { value: number; tokens: number }[]>();
  for (const { curve } of runs) {
    for (const point of curve) {
      const value = valueOf[loss](point);
      if (value === null || value === undefined || !Number.isFinite(value)) continue;
      const values = bySteps.get(point.step) ?? [];
      values.push({ value, tokens: point.tokens });
      bySteps.set(point.step, values);
    }
  }
  return [...bySteps]
    .sort(([a], [b]) => a - b)
    .map(([step, readings]) => {
      const values = readings.map(({ value }) => value);
      return {
        step,
        tokens: mean(readings.map(({ tokens }) => tokens)),
        mean: mean(values),
        low: Math.min(...values),
        high: Math.max(...values),
        seeds: values.length,
      };
    });
}

interface Curve {
  model: string;
  set: string;
  slot: number;
  points: MeanPoint[];
}

const titles = {
  'held-out': 'Held-out loss while training',
  training: 'Training loss',
};

/** Undefined when no run of the results has a curve of this kind. */
export function curvesFigure(shown: Shown, { axis, loss }: CurveChoice): Figure | undefined {
  const { report, results } = shown;
  const curves = report.arms.flatMap(({ model, set }): Curve[] => {
    const points = meanCurve(runsOfArm(results, { model, set }), loss);
    return points.length === 0 ? [] : [{ model, set, slot: slotOf(report, set), points }];
  });
  if (curves.length === 0) return undefined;
  const against = axis === 'step' ? 'steps' : 'tokens seen';
  return {
    id: `curves-${loss}-${axis}`,
    title: `${titles[loss]}, by ${against}`,
    help:
      loss === 'held-out'
        ? 'Mean negative log-likelihood per token of the set’s own answers that were kept from training. The line is the mean over seeds, the band reaches from the lowest to the highest seed.'
        : 'Mean negative log-likelihood per token of each step’s batch. The line is the mean over seeds, the band reaches from the lowest to the highest seed.',
    sentence: curvesSentence(curves, loss, seedWords(report.arms)),
    columns: [
      { key: 'model', label: 'model' },
      { key: 'set', label: 'set' },
      { key: 'step', label: 'step', number: true, show: String },
      { key: 'tokens', label: 'tokens', number: true, show: (value) => count(Number(value)) },
      { key: 'mean', label: 'loss, mean', number: true },
      { key: 'low', label: 'lowest seed', number: true },
      { key: 'high', label: 'highest seed', number: true },
      { key: 'seeds', label: 'seeds', number: true, show: String },
    ],
    records: curves.flatMap(({ model, set, points }) =>
      points.map((point) => ({ model, set, ...point })),
    ),
    draw: (width) => draw(shown, curves, axis, width),
  };
}

const HEIGHT = 220;
const HEAD = 28;

function draw(
  { report }: Shown,
  curves: readonly Curve[],
  axis: CurveAxis,
  width: number,
): Drawing {
  const models = modelIds(report).filter((model) => curves.some((curve) => curve.model === model));
  const columns = width < 1.5 * NARROW ? 1 : Math.min(2, models.length);
  const gap = 32;
  const columnWidth = (width - gap * (columns - 1)) / columns;
  const most = Math.max(...models.map((model) => armsOfModel(report, model).length));
  // As high as its labels need when many sets end close together.
  const height = Math.max(HEIGHT, most * 18 + 20);
  const step = HEAD + height + 62;
  const points = curves.flatMap((curve) => curve.points);
  const x = padded([0, ...points.map((point) => point[axis])], { share: 0 });
  const y = padded([0, ...points.map(({ high }) => high)], { hold: [0, Infinity] });
  const shapes = models.flatMap((model, i) =>
    panelShapes(
      model,
      curves.filter((curve) => curve.model === model),
      { axis, x, y, height },
      {
        left: (i % columns) * (columnWidth + gap),
        top: Math.floor(i / columns) * step,
        width: columnWidth,
      },
    ),
  );
  return { width, height: Math.ceil(models.length / columns) * step, shapes };
}

interface Range {
  from: number;
  to: number;
}

function panelShapes(
  model: string,
  curves: readonly Curve[],
  how: { axis: CurveAxis; x: Range; y: Range; height: number },
  { left, top, width }: { left: number; top: number; width: number },
): Shape[] {
  const names = Math.min(170, Math.max(...curves.map(({ set }) => textWidth(set))));
  const [start, end] = [left + 48, left + width - names - 12];
  const [head, foot] = [top + HEAD, top + HEAD + how.height];
  const x = linearAxis(how.x, { start, end });
  const y = linearAxis(how.y, { start: foot, end: head });
  const labels = spread(curves.map(({ points }) => y.at(points.at(-1)!.mean)));
  const below = Math.max(0, ...labels.map((height) => height - foot));
  const title = how.axis === 'step' ? 'step' : 'tokens seen, prompts included';
  return [
    text(left, top + 14, `${model}: loss, nats per token`, { strong: true }),
    ...axisLeft(y, { left: start, right: end }),
    ...axisBelow(x, { top: head, foot, middle: (start + end) / 2, title }),
    ...curves.flatMap(({ set, slot, points }, i) => {
      const color = seriesColor(slot);
      const dash = seriesDash(slot);
      const at = (height: keyof MeanPoint) =>
        points.map((point) => [x.at(point[how.axis]), y.at(point[height])] as const);
      const band = `${pathOf([...at('high'), ...at('low').reverse()])}z`;
      const last = at('mean').at(-1)!;
      return [
        area(band, color, 0.15),
        polyline(at('mean'), { color, width: 1.75, ...(dash && { dash }) }),
        ...(points.length <= 12
          ? at('mean').map(([px, py]) => mark(slot, px, py, { radius: 3.5 }))
          : [mark(slot, last[0], last[1], { radius: 4 })]),
        text(end + 10, labels[i]! - below + 5, set, { color }),
      ];
    }),
  ];
}

/** Where each curve began and ended; lower levels of a familiar set are not better learning. */
function curvesSentence(curves: readonly Curve[], loss: CurveLoss, seeds: string): string {
  const drops = curves
    .map(({ model, set, points }) => {
      const [first, last] = [points[0]!, points.at(-1)!];
      return { model, set, first, last, drop: first.mean - last.mean };
    })
    .toSorted((a, b) => b.drop - a.drop);
  const said = ({ model, set, first, last }: (typeof drops)[number]) =>
    `${model} on ${set} (${digits(first.mean)} → ${digits(last.mean)})`;
  const what = loss === 'held-out' ? 'Held-out loss' : 'Training loss';
  const [most] = drops;
  if (drops.every(({ first, last }) => first.step === last.step)) {
    return `${what} was measured once in each run, so there is no curve yet; ${seeds}.`;
  }
  const least = drops.length > 1 ? ` and least for ${said(drops.at(-1)!)}` : '';
  return `${what} fell most for ${said(most!)}${least}, means over seeds, ${seeds}. A familiar set starts lower: compare drops, not levels.`;
}
