/** Draws a picture: the curves with their marks and labels, and, for a file, the axes as well. */
import { shorten } from '../../figures/format.ts';
import { markPath } from '../../figures/drawing/marks.ts';
import type { CurveLine, Picture } from './picture.ts';
import type { Ink } from '../../figures/drawing/ink.ts';
import { tickLabel } from '../../figures/drawing/ticks.ts';

/** Colors of the page's theme, resolved. */
export interface Palette {
  paper: string;
  ink: string;
  soft: string;
  hairline: string;
  bad: string;
  /** Color of slot 1 is at index 0. */
  series: readonly string[];
}

/** The plotting area within the drawing, CSS pixels. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface DrawOptions {
  palette: Palette;
  frame: Frame;
  /** Names at the ends of the lines. */
  labels: boolean;
}

export const PLOT_FONT_SIZE = 14;
const LINE = 2;
const RAW_OPACITY = 0.3;
/** Second model: a dash, never another palette. */
const DASH = [7, 4] as const;
const LABEL_HEIGHT = 18;
const MOST_LETTERS = 19;
/** More points than this are a line of their own; marking each would hide it. */
const MOST_POINTS = 60;

/** Place of a value on the drawing. */
export function place(
  picture: Picture,
  frame: Frame,
): { x(v: number): number; y(v: number): number } {
  const [x0, x1] = picture.x;
  const scale = picture.logarithmic ? Math.log10 : (value: number) => value;
  const y0 = scale(picture.y[0]);
  const y1 = scale(picture.y[1]);
  return {
    x: (value) => frame.left + ((value - x0) / (x1 - x0)) * frame.width,
    y: (value) => frame.top + ((y1 - scale(value)) / (y1 - y0)) * frame.height,
  };
}

export function drawCurves(ink: Ink, picture: Picture, options: DrawOptions): void {
  const { palette, frame } = options;
  const at = place(picture, frame);
  const color = (line: CurveLine): string =>
    palette.series[(line.run.slot - 1) % palette.series.length]!;

  if (picture.reference !== undefined) {
    const y = at.y(picture.reference.y);
    const stroke = { color: palette.soft, width: 1, dash: [2, 4] };
    ink.line([frame.left, frame.left + frame.width], [y, y], [0], stroke);
    ink.text(picture.reference.text, frame.left + frame.width - 4, y + 11, {
      color: palette.soft,
      align: 'end',
      size: PLOT_FONT_SIZE - 1,
      halo: palette.paper,
    });
  }
  for (const mark of picture.marks) {
    const x = at.x(mark.x);
    const bad = mark.kind === 'not-a-number';
    const stroke = bad
      ? { color: palette.bad, width: 2 }
      : { color: palette.soft, width: 1, dash: [1, 3] };
    ink.line([x, x], [frame.top, frame.top + frame.height], [0], stroke);
    ink.text(mark.text, x - 6, frame.top + 10, {
      color: bad ? palette.bad : palette.soft,
      align: 'end',
      size: PLOT_FONT_SIZE - 1,
      halo: palette.paper,
    });
  }
  const order = { raw: 0, held: 1, main: 2 };
  const lines = picture.lines.toSorted((a, b) => order[a.kind] - order[b.kind]);
  for (const line of lines) {
    const x = line.x.map((value) => at.x(value));
    const y = line.y.map((value) => at.y(value));
    const dash = line.run.dashed ? DASH : [];
    const raw = line.kind === 'raw';
    const width = raw ? 1 : line.kind === 'held' ? 1.25 : LINE;
    ink.line(x, y, line.starts, {
      color: color(line),
      width,
      dash: raw ? [] : dash,
      ...(raw && { opacity: RAW_OPACITY }),
    });
    if (line.kind === 'held') drawPoints(ink, line, x, y, color(line), palette.paper);
  }
  drawEnds(ink, picture, options, color);
}

/** Held-out measurements: the set's mark, hollow, at each. */
function drawPoints(
  ink: Ink,
  line: CurveLine,
  x: Float64Array,
  y: Float64Array,
  color: string,
  paper: string,
): void {
  const every = Math.ceil(x.length / MOST_POINTS);
  for (let i = 0; i < x.length; i++) {
    if (i % every !== 0 && i !== x.length - 1) continue;
    const stroke = { color, width: 1.75 };
    ink.shape(markPath(line.run.slot, 4), x[i]!, y[i]!, { fill: paper, stroke });
  }
}

/** At the end of each line its mark and, where there is room, its name; names never overlap. */
function drawEnds(
  ink: Ink,
  picture: Picture,
  { palette, frame, labels }: DrawOptions,
  color: (line: CurveLine) => string,
): void {
  const at = place(picture, frame);
  const ends = picture.lines
    .filter(({ kind, run }) => kind === 'main' || (kind === 'held' && !hasMain(picture, run.id)))
    .map((line) => {
      const last = line.x.length - 1;
      return { line, x: at.x(line.x[last]!), y: at.y(line.y[last]!), label: 0 };
    })
    .sort((a, b) => a.y - b.y);
  let lowest = frame.top + LABEL_HEIGHT / 2 - LABEL_HEIGHT;
  for (const end of ends) lowest = end.label = Math.max(end.y, lowest + LABEL_HEIGHT);
  // Pushed below the axis: move up again from the bottom.
  let highest = frame.top + frame.height + LABEL_HEIGHT / 2;
  for (const end of ends.toReversed()) {
    highest = end.label = Math.min(end.label, highest - LABEL_HEIGHT);
  }
  for (const { line, x, y, label } of ends) {
    if (line.kind === 'main') ink.shape(markPath(line.run.slot, 4.5), x, y, { fill: color(line) });
    if (!labels) continue;
    ink.text(shorten(line.run.label, MOST_LETTERS), x + 10, label, {
      color: palette.ink,
      align: 'start',
      size: PLOT_FONT_SIZE,
      halo: palette.paper,
    });
  }
}

function hasMain({ lines }: Picture, runId: string): boolean {
  return lines.some(({ run, kind }) => run.id === runId && kind === 'main');
}

/** Grid, tick labels and axis titles, as the screen has them. */
export function drawAxes(
  ink: Ink,
  picture: Picture,
  { palette, frame }: DrawOptions,
  titles: { x: string; y: string },
): void {
  const at = place(picture, frame);
  const right = frame.left + frame.width;
  const bottom = frame.top + frame.height;
  const label = { color: palette.soft, size: PLOT_FONT_SIZE };
  for (const [i, tick] of picture.yTicks.entries()) {
    const y = at.y(tick);
    ink.line([frame.left, right], [y, y], [0], { color: palette.hairline, width: 1 });
    ink.text(picture.yLabels[i]!, frame.left - 8, y, { ...label, align: 'end' });
  }
  ink.line([frame.left, right], [bottom, bottom], [0], { color: palette.soft, width: 1 });
  for (const tick of picture.xTicks) {
    ink.text(tickLabel(tick), at.x(tick), bottom + 16, { ...label, align: 'middle' });
  }
  ink.text(titles.x, right, bottom + 36, { ...label, align: 'end' });
  ink.text(titles.y, 0, frame.top - 16, { ...label, align: 'start' });
}
