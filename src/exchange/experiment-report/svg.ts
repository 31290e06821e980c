/** The few shapes that the report's figures are made of, as text. */

/** Width of every figure's coordinate system; it scales with the page. */
export const WIDTH = 440;
/** Where rows begin, after their labels. */
export const LEFT = 124;
/** Where rows end, before the values written out. */
export const RIGHT = 376;
export const ROW = 20;

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A drawing with a sentence below it. */
export function figure(height: number, title: string, content: string, note = ''): string {
  const svg = `<svg viewBox="0 0 ${WIDTH} ${round(height)}" role="img" aria-label="${escapeHtml(title)}">${content}</svg>`;
  const caption = note ? `<figcaption>${escapeHtml(note)}</figcaption>` : '';
  return `<figure><div class="scroll">${svg}</div>${caption}</figure>`;
}

export function text(
  x: number,
  y: number,
  content: string,
  { anchor = 'start', kind = '' }: { anchor?: 'start' | 'middle' | 'end'; kind?: string } = {},
): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" class="${kind}">${escapeHtml(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`;
}

export function dot(x: number, y: number, radius: number, kind: string, title = ''): string {
  const tip = title ? `<title>${escapeHtml(title)}</title>` : '';
  return `<circle cx="${round(x)}" cy="${round(y)}" r="${radius}" class="${kind}">${tip}</circle>`;
}

export function path(points: readonly (readonly [number, number])[], kind: string): string {
  const d = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
  return `<path d="${d}" class="${kind}"/>`;
}

/** Class of a series' color: 1 to 8, then again from the beginning. */
export const series = (index: number): string => `s${(index % 8) + 1}`;

export const round = (value: number): number => Math.round(value * 100) / 100;

export interface Scale {
  at: (value: number) => number;
  ticks: readonly { value: number; label: string }[];
}

/** Shares from 0 to 1. */
export function shareScale(from: number, to: number): Scale {
  const at = (value: number) => from + value * (to - from);
  return { at, ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, label: String(value) })) };
}

const STOPS = [1, 1.5, 2, 3, 5, 7, 10];
/** Distance that labels of neighboring ticks need. */
const TICK_ROOM = 30;

/** Logarithmic from 1 to at least `largest`. */
export function logScale(largest: number, from: number, to: number): Scale {
  const values = [
    ...new Set([1, 10, 100, 1000, 10_000, 100_000].flatMap((power) => STOPS.map((s) => s * power))),
  ];
  const max = values.find((value) => value >= Math.max(1.5, largest)) ?? values.at(-1)!;
  const at = (value: number) =>
    from + ((to - from) * Math.log(Math.min(max, Math.max(1, value)))) / Math.log(max);
  const ticks: { value: number; label: string }[] = [];
  for (const value of values.filter((own) => own <= max)) {
    const last = ticks.at(-1);
    if (!last || Math.abs(at(value) - at(last.value)) >= TICK_ROOM) {
      ticks.push({ value, label: String(value) });
    }
  }
  return { at, ticks };
}

/** Linear from 0 to at least `largest`, with about four ticks at round numbers. */
export function linearScale(largest: number, from: number, to: number): Scale {
  const rough = Math.max(largest, 1e-9) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const count = Math.ceil(largest / step);
  const max = count * step;
  const ticks = Array.from({ length: count + 1 }, (_, i) => ({
    value: i * step,
    label: String(Number((i * step).toPrecision(3))),
  }));
  return { at: (value) => from + (value / max) * (to - from), ticks };
}

/** Vertical grid lines with their labels below. */
export function ticksBelow({ at, ticks }: Scale, top: number, foot: number): string {
  return ticks
    .map(
      ({ value, label }) =>
        line(at(value), top, at(value), foot, 'grid') +
        text(at(value), foot + 14, label, { anchor: 'middle', kind: 'soft' }),
    )
    .join('');
}
