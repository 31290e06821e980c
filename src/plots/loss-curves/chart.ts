/**
 * One chart on a canvas: uPlot keeps scales, axes, zoom and crosshair; the curves are drawn straight
 * from the logs' columns, so that a new point costs no copy of the others. Draws at most once a
 * frame, and not at all while it is out of sight.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { COLORS } from '../../figures/drawing/marks.ts';
import { curveAxes, type CurveMetric, type CurveRun } from './curves.ts';
import type { CurvesView } from './curves-view.svelte.ts';
import { drawCurves, PLOT_FONT_SIZE, type Palette } from './draw.ts';
import { canvasInk } from '../../figures/drawing/ink.ts';
import { pictureOf, type Picture } from './picture.ts';
import { tickLabel } from '../../figures/drawing/ticks.ts';

export interface ChartOptions {
  metric: CurveMetric;
  view: CurvesView;
  /** Read at each drawing. */
  runs: () => readonly CurveRun[];
  height: number;
  labels: boolean;
  reference?: (() => { y: number; text: string } | undefined) | undefined;
}

export interface CurveChart {
  /** Asks for a new drawing in the next frame. @param because what has changed; only for effects to read */
  redraw: (because?: unknown) => void;
  /** Theme or font has changed. */
  restyle: (because?: unknown) => void;
  showCrosshair: (x: number | undefined) => void;
  destroy: () => void;
}

const LABEL_ROOM = 165;
const NARROW = 560;
const LOGARITHMIC = { distr: 3 } as const;

export function createChart(host: HTMLElement, options: ChartOptions): CurveChart {
  const { metric, view, height } = options;
  let palette = paletteOf(host);
  let font = getComputedStyle(host).fontFamily;
  let picture = take({ width: host.clientWidth, height });
  let inSight = true;
  let frame = 0;
  const width = (): number => Math.max(200, host.clientWidth);
  const labeled = (): boolean => options.labels && width() > NARROW;

  function take(size: { width: number; height: number }): Picture {
    const reference = options.reference?.();
    return pictureOf(options.runs(), { metric, view, ...size, reference });
  }

  const axis = {
    stroke: () => palette.soft,
    font: `${PLOT_FONT_SIZE}px ${font}`,
    ticks: { show: false },
  };
  const makeOptions = (): uPlot.Options => ({
    width: width(),
    height,
    legend: { show: false },
    padding: [10, labeled() ? LABEL_ROOM : 14, 0, 0],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
    },
    scales: {
      x: { time: false, auto: false, range: () => [...picture.x] },
      y: {
        auto: false,
        // Only a logarithmic scale says so: uPlot's types name the kinds by a const enum, which
        // erasable syntax cannot read.
        ...(view.logarithmic && LOGARITHMIC),
        log: 10,
        range: () => [...picture.y],
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        border: { show: true, stroke: () => palette.soft, width: 1 },
        splits: () => [...picture.xTicks],
        values: (_chart, splits) => splits.map(tickLabel),
        size: 30,
      },
      {
        ...axis,
        grid: { stroke: () => palette.hairline, width: 1 },
        splits: () => [...picture.yTicks],
        filter: (_chart, splits) => splits,
        values: () => [...picture.yLabels],
        size: 56,
      },
    ],
    series: [{}, { show: true, paths: () => null, points: { show: false } }],
    hooks: {
      draw: [draw],
      setCursor: [pointed],
      setSelect: [zoomed],
    },
  });

  function draw(chart: uPlot): void {
    const { ctx, bbox } = chart;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.scale(ratio, ratio);
    const area = {
      left: bbox.left / ratio,
      top: bbox.top / ratio,
      width: bbox.width / ratio,
      height: bbox.height / ratio,
    };
    ctx.beginPath();
    // Points and labels may reach over the right edge, never over the axes.
    ctx.rect(area.left - 6, area.top - 10, area.width + LABEL_ROOM + 20, area.height + 14);
    ctx.clip();
    drawCurves(canvasInk(ctx, font), picture, { palette, frame: area, labels: labeled() });
    ctx.restore();
  }

  function pointed(self: uPlot): void {
    const { event, left = -1 } = self.cursor;
    // Only what a hand does: setCursor by script must not answer itself.
    if (!event) return;
    if (left < 0) view.crosshair = undefined;
    else view.pointAt(options.runs(), self.posToVal(left, 'x'));
  }

  function zoomed(chart: uPlot): void {
    const { left, width: selected } = chart.select;
    const hideSelection = { left: 0, top: 0, width: 0, height: 0 };
    if (selected > 8) {
      view.zoom = [chart.posToVal(left, 'x'), chart.posToVal(left + selected, 'x')];
    }
    if (selected > 0) chart.setSelect(hideSelection, false);
  }

  const data = (): uPlot.AlignedData => [[...picture.x], [...picture.y]];
  let logarithmic = view.logarithmic;
  let roomForLabels = labeled();
  let chart = new uPlot(makeOptions(), data(), host);

  function redraw(): void {
    if (frame !== 0 || !inSight) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      if (view.logarithmic !== logarithmic || labeled() !== roomForLabels) rebuild();
      const { width: w, height: h } = areaOf(chart);
      picture = take({ width: w, height: h });
      chart.setData(data());
    });
  }

  /** uPlot fixes the kind of a scale and the padding when it is made. */
  function rebuild(): void {
    logarithmic = view.logarithmic;
    roomForLabels = labeled();
    picture = take(areaOf(chart));
    chart.destroy();
    chart = new uPlot(makeOptions(), data(), host);
  }

  const resized = new ResizeObserver(() => {
    if (width() !== chart.width) {
      chart.setSize({ width: width(), height });
      redraw();
    }
  });
  resized.observe(host);
  const seen = new IntersectionObserver(([entry]) => {
    inSight = entry?.isIntersecting ?? true;
    redraw();
  });
  seen.observe(host);
  const reset = (): void => {
    view.zoom = undefined;
  };
  host.addEventListener('dblclick', reset);

  return {
    redraw,
    restyle() {
      palette = paletteOf(host);
      font = getComputedStyle(host).fontFamily;
      redraw();
    },
    showCrosshair(x) {
      const left = x === undefined ? -10 : chart.valToPos(x, 'x');
      chart.setCursor({ left, top: 0 }, false);
    },
    destroy() {
      cancelAnimationFrame(frame);
      resized.disconnect();
      seen.disconnect();
      host.removeEventListener('dblclick', reset);
      chart.destroy();
    },
  };
}

function areaOf(chart: uPlot): { width: number; height: number } {
  const ratio = uPlot.pxRatio;
  return { width: chart.bbox.width / ratio, height: chart.bbox.height / ratio };
}

/** The theme's colors as they are at `host`. */
export function paletteOf(host: Element): Palette {
  const style = getComputedStyle(host);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    paper: token('paper'),
    ink: token('ink'),
    soft: token('ink-soft'),
    hairline: token('hairline'),
    bad: token('bad'),
    series: Array.from({ length: COLORS }, (_, i) => token(`series-${i + 1}`)),
  };
}

/** What stands below and beside the axes. */
export function axisTitles(
  unit: string,
  view: { axis: keyof typeof curveAxes; logarithmic: boolean },
): { x: string; y: string } {
  return {
    x: curveAxes[view.axis].label,
    y: view.logarithmic ? `${unit}, logarithmic axis` : unit,
  };
}
