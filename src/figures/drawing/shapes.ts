/**
 * What figures are made of: shapes as plain data, in pixels, painted with the page's color tokens.
 * Shapes.svelte draws them on the page, svg-text.ts writes them into a file.
 */
import { markPath, seriesColor } from './marks.ts';

export interface Shape {
  tag: 'line' | 'path' | 'rect' | 'text';
  attributes: Readonly<Record<string, string | number>>;
  /** Letters of a text. */
  content?: string;
  /** Shown under the pointer. */
  title?: string;
}

export interface Drawing {
  width: number;
  height: number;
  shapes: readonly Shape[];
}

export const ink = 'var(--ink)';
export const softInk = 'var(--ink-soft)';
export const hairline = 'var(--hairline)';
export const paper = 'var(--paper)';

export interface Stroke {
  color: string;
  width?: number;
  opacity?: number;
  dash?: string;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: Stroke): Shape {
  return {
    tag: 'line',
    attributes: { x1: tenth(x1), y1: tenth(y1), x2: tenth(x2), y2: tenth(y2), ...strokeOf(stroke) },
  };
}

/** Straight lines through points. */
export function polyline(points: readonly (readonly [number, number])[], stroke: Stroke): Shape {
  return { tag: 'path', attributes: { d: pathOf(points), fill: 'none', ...strokeOf(stroke) } };
}

/** A filled path, given as path data. */
export function area(d: string, fill: string, opacity: number): Shape {
  return { tag: 'path', attributes: { d, fill, 'fill-opacity': opacity } };
}

export function pathOf(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${tenth(x)} ${tenth(y)}`).join('');
}

/** From `low` to `high` at height `y`, with caps: an interval. */
export function whisker(low: number, high: number, y: number, stroke: Stroke, cap = 4): Shape {
  const [a, b] = [tenth(low), tenth(high)];
  const d = `M${a} ${tenth(y)}H${b}M${a} ${tenth(y - cap)}v${2 * cap}M${b} ${tenth(y - cap)}v${2 * cap}`;
  return { tag: 'path', attributes: { d, fill: 'none', ...strokeOf(stroke) } };
}

/** As `whisker`, standing at `x`. */
export function standingWhisker(
  low: number,
  high: number,
  x: number,
  stroke: Stroke,
  cap = 4,
): Shape {
  const [a, b] = [tenth(low), tenth(high)];
  const d = `M${tenth(x)} ${a}V${b}M${tenth(x - cap)} ${a}h${2 * cap}M${tenth(x - cap)} ${b}h${2 * cap}`;
  return { tag: 'path', attributes: { d, fill: 'none', ...strokeOf(stroke) } };
}

/** The mark of a slot: its shape in its color, so that color never speaks alone. */
export function mark(
  slot: number,
  x: number,
  y: number,
  {
    radius = 5,
    opacity = 1,
    hollow = false,
    title,
  }: { radius?: number; opacity?: number; hollow?: boolean; title?: string } = {},
): Shape {
  const color = seriesColor(slot);
  const paint = hollow
    ? { fill: paper, stroke: color, 'stroke-width': 1.5 }
    : { fill: color, 'fill-opacity': opacity };
  return {
    tag: 'path',
    attributes: {
      d: markPath(slot, radius),
      transform: `translate(${tenth(x)} ${tenth(y)})`,
      ...paint,
    },
    ...(title !== undefined && { title }),
  };
}

/** Marks shapes as those of a reference run, which a file shows on demand. */
export const ofReference = (shapes: readonly Shape[]): Shape[] =>
  shapes.map((shape) => ({
    ...shape,
    attributes: { ...shape.attributes, class: 'reference' },
  }));

export interface TextStyle {
  anchor?: 'start' | 'middle' | 'end';
  soft?: boolean;
  small?: boolean;
  strong?: boolean;
  color?: string;
  /** A rim of paper around the letters, for a text that may lie over lines. */
  rimmed?: boolean;
}

export function text(x: number, y: number, content: string, style: TextStyle = {}): Shape {
  const { anchor = 'start', soft = false, small = false, strong = false, color } = style;
  const rim = { stroke: paper, 'stroke-width': 8, 'stroke-linejoin': 'round' };
  return {
    tag: 'text',
    attributes: {
      x: tenth(x),
      y: tenth(y),
      fill: color ?? (soft ? softInk : ink),
      ...(anchor !== 'start' && { 'text-anchor': anchor }),
      ...(small && { 'font-size': '0.875rem' }),
      ...(strong && { 'font-weight': 600 }),
      ...(style.rimmed && { ...rim, 'paint-order': 'stroke' }),
    },
    content,
  };
}

/** Pixels a text needs, a little generously: 16 px in the page's fonts. */
export const textWidth = (content: string): number => content.length * 9;

function strokeOf({ color, width = 1, opacity, dash }: Stroke): Record<string, string | number> {
  return {
    stroke: color,
    'stroke-width': width,
    ...(opacity !== undefined && { 'stroke-opacity': opacity }),
    ...(dash !== undefined && { 'stroke-dasharray': dash }),
  };
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
