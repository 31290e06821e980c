/** The 2×2 as crossing lines, learning curves, and perplexity against accuracy. */
import type { ExperimentReport } from '../../experiment/report.ts';
import type { CurvePoint, RunResult } from '../../experiment/results.ts';
import type { RankSummary } from '../../experiment/ranks.ts';
import {
  WIDTH,
  dot,
  figure,
  line,
  linearScale,
  logScale,
  path,
  series,
  shareScale,
  text,
  ticksBelow,
  type Scale,
} from './svg.ts';

const TOP = 26;
const FOOT = 150;

/** One panel each for familiarity before, accuracy after and other tasks after. */
export function crossOverFigure({ crossOver, arms, sets }: ExperimentReport): string {
  if (!crossOver) return '';
  const { models, sets: pair } = crossOver;
  const armOf = (model: string, set: string) =>
    arms.find((arm) => arm.model === model && arm.set === set)!;
  const perplexity = (model: string, set: string) =>
    sets.find(({ id }) => id === set)!.familiarity[model]!.geometric;
  const most = Math.max(...models.flatMap((model) => pair.map((set) => perplexity(model, set))));
  const panels = [
    { title: 'perplexity before', scale: logScale(most, FOOT, TOP), value: perplexity },
    {
      title: 'accuracy after',
      scale: shareScale(FOOT, TOP),
      value: (model: string, set: string) => armOf(model, set).accuracy,
    },
    ...(crossOver.retention
      ? [
          {
            title: 'other tasks after',
            scale: shareScale(FOOT, TOP),
            value: (model: string, set: string) => armOf(model, set).retention,
          },
        ]
      : []),
  ];
  const width = WIDTH / panels.length;
  const content = panels.map(({ title, scale, value }, p) => {
    const left = p * width + 34;
    const right = (p + 1) * width - 16;
    const [x1, x2] = [left + 18, right - 18];
    const lines = models.map((model, m) => {
      const ys = pair.map((set) => scale.at(value(model, set)));
      const kind = `s${m + 1}`;
      const tip = (set: string) => `${model} on ${set}: ${value(model, set).toFixed(3)}`;
      return (
        line(x1, ys[0]!, x2, ys[1]!, `link ${kind}${m === 1 ? ' dashed' : ''}`) +
        dot(x1, ys[0]!, 4, `point ${kind}`, tip(pair[0])) +
        dot(x2, ys[1]!, 4, `point ${kind}`, tip(pair[1]))
      );
    });
    return (
      text((left + right) / 2, 14, title, { anchor: 'middle', kind: 'strong' }) +
      ticksLeft(scale, left, right) +
      lines.join('') +
      text(x1, FOOT + 16, pair[0], { anchor: 'middle' }) +
      text(x2, FOOT + 16, pair[1], { anchor: 'middle' })
    );
  });
  const key = models.map((model, m) => {
    const x = 34 + m * 170;
    return (
      line(x, FOOT + 40, x + 22, FOOT + 40, `link s${m + 1}${m === 1 ? ' dashed' : ''}`) +
      text(x + 28, FOOT + 44, model)
    );
  });
  return figure(FOOT + 54, 'The cross-over of models and sets', content.join('') + key.join(''));
}

function ticksLeft({ at, ticks }: Scale, left: number, right: number): string {
  return ticks
    .map(
      ({ value, label }) =>
        line(left, at(value), right, at(value), 'grid') +
        text(left - 4, at(value) + 4, label, { anchor: 'end', kind: 'soft' }),
    )
    .join('');
}

/** Training loss of each set, mean over seeds with their range, one panel for each model. */
export function curvesFigure(
  { models, arms, sets }: ExperimentReport,
  runs: readonly RunResult[],
): string {
  const curveOf = (run: RunResult) => run.curve.filter(({ loss }) => loss !== null);
  const points = runs.flatMap(curveOf);
  if (points.length === 0) return '';
  const mostLoss = Math.max(...points.map(({ loss }) => loss!));
  const mostStep = Math.max(...points.map(({ step }) => step));
  const height = 150;
  const panels = models.map(({ facts }, p) => {
    const top = p * (height + 44) + 24;
    const foot = top + height - 20;
    const x = linearScale(mostStep, 34, WIDTH - 90);
    const y = linearScale(mostLoss, foot, top);
    const own = arms.filter(({ model }) => model === facts.id);
    const ends = spread(
      own.map(({ set }) => y.at(seedMean(runsOf(facts.id, set), curveOf).at(-1)?.mean ?? 0)),
    );
    const curves = own.map(({ set }, i) => {
      const color = series(sets.findIndex(({ id }) => id === set));
      const means = seedMean(runsOf(facts.id, set), curveOf);
      const band = [
        ...means.map(({ step, high }) => [x.at(step), y.at(high)] as const),
        ...means.toReversed().map(({ step, low }) => [x.at(step), y.at(low)] as const),
      ];
      return (
        path(band, `band ${color}`) +
        path(
          means.map(({ step, mean }) => [x.at(step), y.at(mean)]),
          `curve ${color}`,
        ) +
        text(WIDTH - 84, ends[i]! + 4, set, { kind: `label ${color}` })
      );
    });
    const title = text(0, top - 10, `${facts.id}: training loss by step`, { kind: 'strong' });
    return title + ticksLeft(y, 34, WIDTH - 90) + ticksBelow(x, foot, foot) + curves.join('');
  });
  function runsOf(model: string, set: string) {
    return runs.filter((run) => run.model === model && run.set === set);
  }
  return figure(models.length * (height + 44), 'Training loss', panels.join(''));
}

/** Heights of labels, pushed apart until none covers another. */
function spread(heights: readonly number[]): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  const placed = [...heights];
  order.forEach((i, k) => {
    if (k > 0) placed[i] = Math.max(placed[i]!, placed[order[k - 1]!]! + 13);
  });
  return placed;
}

function seedMean(runs: readonly RunResult[], curveOf: (run: RunResult) => CurvePoint[]) {
  const steps = runs[0] ? curveOf(runs[0]) : [];
  return steps.map(({ step }) => {
    const losses = runs.flatMap(
      (run) => curveOf(run).find((point) => point.step === step)?.loss ?? [],
    );
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    return { step, mean, low: Math.min(...losses), high: Math.max(...losses) };
  });
}

/** A dot for each set: perplexity against the outcome, and beside it length against the outcome. */
export function scatterFigure({
  model,
  outcome,
  points,
  familiarity,
  length,
}: RankSummary): string {
  const what = outcome === 'accuracy' ? 'accuracy' : 'other tasks';
  const y = shareScale(FOOT, TOP);
  const half = WIDTH / 2;
  const largest = (values: number[]) => Math.max(...values);
  const panel = (
    left: number,
    name: string,
    rho: number,
    scale: Scale,
    at: (i: number) => number,
  ) =>
    text(left, 14, `${name}, ρ ${Number.isNaN(rho) ? 'not defined' : rho.toFixed(2)}`, {
      kind: 'strong',
    }) +
    ticksLeft(y, left + 34, left + half - 20) +
    ticksBelow(scale, FOOT, FOOT) +
    points
      .map(
        ({ set, value }, i) =>
          dot(at(i), y.at(value), 4, `point ${series(i)}`, `${set}: ${value.toFixed(3)}`) +
          text(at(i) + 6, y.at(value) + 4, String(i + 1), { kind: 'soft' }),
      )
      .join('');
  const ppl = logScale(largest(points.map((p) => p.medianPerplexity)), 34, half - 24);
  const tokens = linearScale(largest(points.map((p) => p.meanTokens)), half + 34, WIDTH - 16);
  const key = points.map(({ set }, i) =>
    text(8 + (i % 3) * 145, FOOT + 36 + Math.floor(i / 3) * 15, `${i + 1} ${set}`),
  );
  return figure(
    FOOT + 40 + Math.ceil(points.length / 3) * 15,
    `${model}: familiarity and length against ${what}`,
    panel(0, 'median perplexity', familiarity.rho, ppl, (i) =>
      ppl.at(points[i]!.medianPerplexity),
    ) +
      panel(half, 'mean tokens', length.rho, tokens, (i) => tokens.at(points[i]!.meanTokens)) +
      key.join(''),
  );
}
