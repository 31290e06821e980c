/** Figures with a row for each set, grouped by model, over one lying axis. */
import { AXIS_HEIGHT, axisBelow, type Axis } from './axis.ts';
import { shorten } from '../format.ts';
import { mark, text, textWidth, type Drawing, type Shape } from './shapes.ts';

export interface Row {
  name: string;
  /** Color and shape of the set. */
  slot: number;
  /** Written out at the end of the row, and its interval. */
  value: string;
  note?: string;
  /** The row's marks around its middle height. */
  draw: (axis: Axis, middle: number) => Shape[];
}

export interface RowGroup {
  heading: string;
  rows: readonly Row[];
  /** What lies behind all rows of the group, such as the base model's line. */
  behind?: (axis: Axis, top: number, foot: number) => Shape[];
}

export interface RowsOptions {
  width: number;
  groups: readonly RowGroup[];
  axis: (place: { start: number; end: number }) => Axis;
  /** Title of the axis, with its unit; the short one on narrow screens. */
  title: string;
  shortTitle?: string;
  /** Room that a row's marks need, half of it above the middle. */
  rowHeight?: number;
}

export const NARROW = 560;
const HEADING = 30;
const GAP = 10;

export function rowsDrawing(options: RowsOptions): Drawing {
  const { width, title, shortTitle = title, rowHeight = 34 } = options;
  const groups = options.groups.filter(({ rows }) => rows.length > 0);
  const narrow = width < NARROW;
  const names = groups.flatMap(({ rows }) => rows.map(({ name }) => name));
  const longest = Math.max(0, ...names.map((name) => textWidth(name)));
  const written = groups.flatMap(({ rows }) =>
    rows.flatMap(({ value, note = '' }) => [textWidth(value) * 1.1, textWidth(note) * 0.9]),
  );
  const start = narrow ? 10 : Math.min(220, Math.max(90, 36 + longest));
  const end = narrow ? width - 14 : width - Math.min(200, 24 + Math.max(0, ...written));
  const axis = options.axis({ start, end });
  // On narrow screens a row's name stands above its marks.
  const step = narrow ? rowHeight + 24 : rowHeight;
  const below: Shape[] = [];
  const content: Shape[] = [];
  let y = 0;
  for (const { heading, rows, behind } of groups) {
    if (heading !== '') {
      content.push(text(0, y + 18, heading, { strong: true }));
      y += HEADING;
    }
    below.push(...(behind?.(axis, y - 4, y + rows.length * step + 2) ?? []));
    for (const row of rows) {
      const middle = narrow ? y + 24 + rowHeight / 2 : y + rowHeight / 2;
      const base = narrow ? y + 18 : middle + 5;
      const taken = narrow ? textWidth(beside(row)) + 16 : 0;
      const room = ((narrow ? width - 22 : start - 32) - taken) / textWidth('n');
      content.push(
        mark(row.slot, 8, base - 5),
        text(22, base, shorten(row.name, Math.max(6, Math.floor(room))), { rimmed: narrow }),
        ...row.draw(axis, middle),
        ...(narrow
          ? [text(width, base, beside(row), { anchor: 'end', rimmed: true })]
          : valueShapes(row, end + 20, middle)),
      );
      y += step;
    }
    y += GAP;
  }
  const titled = narrow ? shortTitle : title;
  const grid = axisBelow(axis, { top: 0, foot: y, middle: (start + end) / 2, title: titled });
  return { width, height: y + AXIS_HEIGHT, shapes: [...grid, ...below, ...content] };
}

const beside = ({ value, note }: Row): string =>
  note === undefined ? value : `${value} (${note})`;

/** The value, and its note below it. */
function valueShapes({ value, note }: Row, x: number, middle: number): Shape[] {
  if (note === undefined) return [text(x, middle + 5, value, { strong: true })];
  return [
    text(x, middle - 2, value, { strong: true }),
    text(x, middle + 14, note, { soft: true, small: true }),
  ];
}
