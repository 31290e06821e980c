/** The 2×2 as crossing lines: two models, two sets, one panel for each measure. */
import type { CrossOverSummary, TestedInteraction } from '../experiment/report/comparisons.ts';
import type { ExperimentReport } from '../experiment/report/report.ts';
import { axisLeft, closePerplexityAxis, linearAxis, padded, type Axis } from './drawing/axis.ts';
import { digits, percentage } from './format.ts';
import { NARROW } from './drawing/rows.ts';
import { seriesColor } from './drawing/marks.ts';
import {
  line,
  mark,
  ofReference,
  softInk,
  standingWhisker,
  text,
  textWidth,
  type Drawing,
  type Shape,
} from './drawing/shapes.ts';
import { intervalOf, percentLabel } from './accuracy.ts';
import { findArm, findSet, slotOf, type Figure, type Shown } from './figure.ts';
import { crossOverSentence } from './verdict.ts';

/** One corner of the 2×2. */
interface Cell {
  model: string;
  set: string;
  value: number;
  low: number;
  high: number;
  seeds: number[];
}

interface Measure {
  name: string;
  unit: string;
  /** What the sets were used for. */
  sets: string;
  tested: (crossOver: CrossOverSummary) => TestedInteraction | undefined;
  cell: (report: ExperimentReport, model: string, set: string) => Omit<Cell, 'model' | 'set'>;
  axis: (cells: readonly Cell[], place: { start: number; end: number }) => Axis;
  say: (value: number) => string;
}

const none = { value: NaN, low: NaN, high: NaN, seeds: [] };
const shares = (cells: readonly Cell[]) =>
  cells.flatMap(({ value, low, high, seeds }) => [value, low, high, ...seeds]);
const shareAxis: Measure['axis'] = (cells, place) =>
  linearAxis(padded([0, ...shares(cells)], { hold: [0, 1] }), { ...place, label: percentLabel });

const measures: readonly Measure[] = [
  {
    name: 'perplexity before',
    unit: 'geometric mean, log axis',
    sets: 'answers read',
    tested: ({ familiarity }) => familiarity,
    cell: (report, model, set) => {
      const summary = findSet(report, set)?.familiarity[model];
      if (summary === undefined) return none;
      return { value: summary.geometric, ...summary.geometricInterval, seeds: [] };
    },
    axis: (cells, place) => closePerplexityAxis(shares(cells), place),
    say: (value) => digits(value),
  },
  {
    name: 'accuracy after',
    unit: 'strict, % of test questions',
    sets: 'answers trained on',
    tested: ({ accuracy }) => accuracy,
    cell: (report, model, set) => {
      const arm = findArm(report, { model, set });
      if (arm === undefined) return none;
      const seeds = arm.seeds.map(({ strict }) => strict.share);
      return { value: arm.accuracy, ...intervalOf(arm), seeds };
    },
    axis: shareAxis,
    say: percentage,
  },
  {
    name: 'other tasks after',
    unit: 'strict, % of their questions',
    sets: 'answers trained on',
    tested: ({ retention }) => retention,
    cell: (report, model, set) => {
      const arm = findArm(report, { model, set });
      if (arm === undefined) return none;
      const { before, after, interval } = arm.retentionChange;
      const seeds = arm.seeds.map(({ retention }) => retention.share);
      return { value: after, low: before + interval.low, high: before + interval.high, seeds };
    },
    axis: shareAxis,
    say: percentage,
  },
];

/** Undefined when the experiment has no 2×2, or none of its corners yet. */
export function crossOverFigure(shown: Shown): Figure | undefined {
  const { report } = shown;
  const spec = report.experiment.crossOver;
  if (spec === undefined) return undefined;
  const panels = measures.flatMap((measure) => {
    const cells = cellsOf(measure, report, spec);
    const known = cells.some(({ value }) => Number.isFinite(value));
    return known
      ? [{ measure, cells, others: referenceCells(measure, shown.reference, spec) }]
      : [];
  });
  if (panels.length === 0) return undefined;
  return {
    id: 'cross-over',
    title: 'The cross-over',
    help: 'Answers in either language (left and right in each panel) under either model (solid and dashed). If each model knows and learns its own language better, the lines cross. Whiskers are 95 % bootstrap intervals: over answers for perplexity, over questions and seeds for accuracy, over paired questions for other tasks; small marks are seeds.',
    sentence: crossOverSentence(report),
    columns: [
      { key: 'measure', label: 'measure' },
      { key: 'model', label: 'model' },
      { key: 'set', label: 'set' },
      { key: 'value', label: 'value', number: true },
      { key: 'low', label: '95 % from', number: true },
      { key: 'high', label: 'to', number: true },
    ],
    records: panels.flatMap(({ measure, cells }) =>
      cells.map(({ model, set, value, low, high }) => ({
        measure: measure.name,
        model,
        set,
        value,
        low,
        high,
      })),
    ),
    draw: (width) => draw(report, panels, width),
  };
}

type Spec = NonNullable<ExperimentReport['experiment']['crossOver']>;

function cellsOf(measure: Measure, report: ExperimentReport, spec: Spec): Cell[] {
  return [spec.modelA, spec.modelB].flatMap((model) =>
    [spec.setA, spec.setB].map((set) => ({ model, set, ...measure.cell(report, model, set) })),
  );
}

/** The reference's values alone; its corners carry no whiskers, to keep the picture legible. */
function referenceCells(
  measure: Measure,
  reference: ExperimentReport | undefined,
  spec: Spec,
): Cell[] {
  return reference === undefined ? [] : cellsOf(measure, reference, spec);
}

const HEIGHT = 210;
const HEAD = 52;
const FOOT = 60;

interface Panel {
  measure: Measure;
  cells: Cell[];
  others: Cell[];
}

function draw(report: ExperimentReport, panels: readonly Panel[], width: number): Drawing {
  const narrow = width < NARROW;
  const gap = 28;
  const panelWidth = narrow ? width : (width - gap * (panels.length - 1)) / panels.length;
  const step = HEAD + HEIGHT + FOOT + 12;
  const shapes = panels.flatMap((panel, i) =>
    panelShapes(report, panel, {
      left: narrow ? 0 : i * (panelWidth + gap),
      top: narrow ? i * step : 0,
      width: panelWidth,
    }),
  );
  return { width, height: narrow ? panels.length * step : step, shapes };
}

function panelShapes(
  report: ExperimentReport,
  { measure, cells, others }: Panel,
  { left, top, width }: { left: number; top: number; width: number },
): Shape[] {
  const models = [...new Set(cells.map(({ model }) => model))];
  const sets = [...new Set(cells.map(({ set }) => set))];
  const labelRoom = Math.max(...models.map((model) => textWidth(model))) + 6;
  const start = left + 44;
  const end = left + width - labelRoom - 14;
  const [top0, foot] = [top + HEAD, top + HEAD + HEIGHT];
  const y = measure.axis([...cells, ...others], { start: foot, end: top0 });
  const xs = [start + 30, end - 16];
  const at = ({ set }: Cell) => xs[sets.indexOf(set)]!;
  const known = (cell: Cell) => Number.isFinite(cell.value);
  const rowOf = (model: string, from: readonly Cell[]) =>
    from.filter((cell) => cell.model === model && known(cell));
  const links = (from: readonly Cell[], opacity: number, thick: number): Shape[] =>
    models.flatMap((model, m) => {
      const [a, b] = rowOf(model, from);
      if (a === undefined || b === undefined) return [];
      const stroke = { color: softInk, width: thick, opacity, ...(m === 1 && { dash: '7 4' }) };
      return [line(at(a), y.at(a.value), at(b), y.at(b.value), stroke)];
    });
  const last = models.flatMap((model) => {
    const cell = rowOf(model, cells).at(-1);
    return cell === undefined ? [] : [{ model, height: y.at(cell.value) }];
  });
  const heights = spread(last.map(({ height }) => height));
  return [
    text(left, top + 16, measure.name, { strong: true }),
    text(left, top + 36, measure.unit, { soft: true, small: true }),
    ...axisLeft(y, { left: start, right: end }),
    ...ofReference(links(others, 0.45, 1)),
    ...links(cells, 1, 1.75),
    ...cells.filter(known).flatMap((cell) => cellShapes(report, measure, cell, at(cell), y.at)),
    ...ofReference(
      others.filter(known).map((cell) =>
        mark(slotOf(report, cell.set), at(cell) + 12, y.at(cell.value), {
          radius: 4,
          hollow: true,
          title: `${cell.model} on ${cell.set}, reference: ${measure.say(cell.value)}`,
        }),
      ),
    ),
    ...last.map(({ model }, i) => text(end + 8, heights[i]! + 5, model)),
    text((xs[0]! + xs[1]!) / 2, foot + 48, measure.sets, { anchor: 'middle', soft: true }),
    ...sets.map((set, i) =>
      text(xs[i]!, foot + 24, set, {
        anchor: 'middle',
        strong: true,
        color: seriesColor(slotOf(report, set)),
      }),
    ),
  ];
}

function cellShapes(
  report: ExperimentReport,
  { say }: Measure,
  { model, set, value, low, high, seeds }: Cell,
  x: number,
  at: (value: number) => number,
): Shape[] {
  const slot = slotOf(report, set);
  const stroke = { color: seriesColor(slot), width: 1.5 };
  return [
    standingWhisker(at(low), at(high), x, stroke),
    ...seeds.map((seed, i) =>
      mark(slot, x - 14 - (i % 2) * 5, at(seed), { radius: 3, opacity: 0.5 }),
    ),
    mark(slot, x, at(value), { radius: 6, title: `${model} on ${set}: ${say(value)}` }),
  ];
}

/** Heights of labels, pushed apart until none covers another. */
export function spread(heights: readonly number[], room = 18): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  const placed = [...heights];
  order.forEach((i, k) => {
    if (k > 0) placed[i] = Math.max(placed[i]!, placed[order[k - 1]!]! + room);
  });
  return placed;
}
