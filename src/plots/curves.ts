/** Learning curves as aligned columns for uPlot, and as SVG text for a file. */
import { smooth } from '../metrics/smoothing.ts';

export interface Curve {
  label: string;
  /** A CSS color. */
  color: string;
  dashed: boolean;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** 0 … 0.99; a smoothed curve keeps its raw one, faint. */
  smoothing: number;
}

export interface DrawnCurve {
  label: string;
  color: string;
  dashed: boolean;
  faint: boolean;
  points: [number, number][];
}

/** Raw curves are faint where a smoothed one is drawn over them; values that are not finite are left out. */
export function drawnCurves(curves: readonly Curve[]): DrawnCurve[] {
  return curves.flatMap(({ x, y, smoothing, ...style }) => {
    const finite: [number, number][] = [];
    for (let i = 0; i < y.length; i++) if (Number.isFinite(y[i])) finite.push([x[i]!, y[i]!]);
    if (smoothing === 0 || finite.length < 3) return [{ ...style, faint: false, points: finite }];
    const { values } = smooth(
      Float64Array.from(finite, ([, value]) => value),
      smoothing,
    );
    const smoothed = finite.map(([at], i): [number, number] => [at, values[i]!]);
    return [
      { ...style, label: `${style.label} (raw)`, faint: true, points: finite },
      { ...style, faint: false, points: smoothed },
    ];
  });
}

/** One x column and a y column per curve, null where a curve has no point. */
export function alignedColumns(curves: readonly DrawnCurve[]): (number | null)[][] {
  const xs = [...new Set(curves.flatMap(({ points }) => points.map(([x]) => x)))].sort(
    (a, b) => a - b,
  );
  const index = new Map(xs.map((x, i) => [x, i]));
  const columns = curves.map(({ points }) => {
    const column = new Array<number | null>(xs.length).fill(null);
    for (const [x, y] of points) column[index.get(x)!] = y;
    return column;
  });
  return [xs, ...columns];
}

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 70;
const BOTTOM = 50;

/** The same curves as a plain SVG, for a file. */
export function curvesSvg(
  curves: readonly DrawnCurve[],
  title: string,
  xLabel: string,
  yLabel: string,
): string {
  const all = curves.flatMap(({ points }) => points);
  const [x0, x1] = extent(all.map(([x]) => x));
  const [y0, y1] = extent(all.map(([, y]) => y));
  const place = ([x, y]: [number, number]) =>
    `${(LEFT + ((x - x0) / (x1 - x0)) * (WIDTH - LEFT - 20)).toFixed(1)},${(HEIGHT - BOTTOM - ((y - y0) / (y1 - y0)) * (HEIGHT - BOTTOM - 30)).toFixed(1)}`;
  const lines = curves.map(
    ({ points, color, dashed, faint }) =>
      `<polyline fill="none" stroke="${color}" stroke-width="2"${faint ? ' opacity="0.3"' : ''}${dashed ? ' stroke-dasharray="6 4"' : ''} points="${points.map(place).join(' ')}"/>`,
  );
  const text = (x: number, y: number, content: string, anchor = 'middle') =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${escape(content)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="14">
<title>${escape(title)}</title><rect width="100%" height="100%" fill="white"/>
${lines.join('\n')}
${text(WIDTH / 2, HEIGHT - 10, xLabel)}${text(LEFT, 18, yLabel, 'start')}
${text(LEFT, HEIGHT - 30, String(x0))}${text(WIDTH - 20, HEIGHT - 30, String(x1), 'end')}
${text(LEFT - 8, HEIGHT - BOTTOM, y0.toPrecision(3), 'end')}${text(LEFT - 8, 38, y1.toPrecision(3), 'end')}
</svg>`;
}

function extent(values: readonly number[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === Infinity) return [0, 1];
  return low === high ? [low, low + 1] : [low, high];
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
