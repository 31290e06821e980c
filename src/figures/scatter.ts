/**
 * Does familiarity predict what is learned, and does length? The same outcome over log perplexity
 * and, beside it, over length: a mark for each set and seed, ρ over sets.
 */
import type { RankSummary, TrendSummary } from '../experiment/report/ranks.ts';
import type { ArmSummary } from '../experiment/report/summaries.ts';
import {
  axisBelow,
  axisLeft,
  closePerplexityAxis,
  linearAxis,
  padded,
  type Axis,
} from './drawing/axis.ts';
import { digits, percentage, probability, signedDecimal } from './format.ts';
import { NARROW } from './drawing/rows.ts';
import { mark, text, textWidth, type Drawing, type Shape } from './drawing/shapes.ts';
import { percentLabel } from './accuracy.ts';
import { findArm, slotOf, type Figure, type Shown } from './figure.ts';

const outcomes = {
  accuracy: {
    name: 'accuracy',
    axis: 'strict accuracy, %',
    of: ({ seeds }: ArmSummary) => seeds.map(({ strict }) => strict.share),
  },
  retention: {
    name: 'accuracy on other tasks',
    axis: 'accuracy on other tasks, %',
    of: ({ seeds }: ArmSummary) => seeds.map(({ retention }) => retention.share),
  },
};

export function scatterFigures(shown: Shown): Figure[] {
  return shown.report.ranks.map((rank) => scatterFigure(shown, rank));
}

function scatterFigure(shown: Shown, rank: RankSummary): Figure {
  const { model, outcome, points } = rank;
  const { name } = outcomes[outcome];
  return {
    id: `scatter-${outcome}-${model}`,
    title: `Does familiarity predict ${name}? ${model}`,
    help: 'Each set’s median perplexity before training (left) and mean length (right) against the outcome. Small marks are seeds, large ones their mean. Spearman’s ρ is over sets, seeds averaged first, of −log perplexity and of length; p is one-sided, from all orders of the sets up to nine, stated in advance: familiar is better. Partial ρ holds length, or length and correctness of the set’s answers, fixed; with a handful of sets it describes and tests nothing. Page’s trend asks whether the seeds rank the sets in the order predicted before training.',
    sentence: scatterSentence(
      rank,
      shown.report.trends.find((trend) => trend.model === model && trend.outcome === outcome),
    ),
    columns: [
      { key: 'set', label: 'set' },
      { key: 'median_perplexity', label: 'median perplexity', number: true },
      { key: 'mean_tokens', label: 'tokens', number: true },
      { key: 'right', label: 'right', number: true, help: 'Share of right answers in the set.' },
      { key: 'seed', label: 'seed', show: String },
      { key: 'value', label: name, number: true },
    ],
    records: points.flatMap(({ set, medianPerplexity, meanTokens, correctness, value }) => {
      const arm = findArm(shown.report, { model, set })!;
      const where = {
        set,
        median_perplexity: medianPerplexity,
        mean_tokens: meanTokens,
        right: correctness,
      };
      const each = outcomes[outcome].of(arm);
      return [
        ...arm.seeds.map(({ seed }, i) => ({ ...where, seed, value: each[i] })),
        { ...where, seed: 'mean', value },
      ];
    }),
    draw: (width) => draw(shown, rank, width),
  };
}

const HEIGHT = 230;
const HEAD = 30;
const LEFT = 48;

function draw(shown: Shown, rank: RankSummary, width: number): Drawing {
  const { report } = shown;
  const { model, outcome, points, familiarity, length } = rank;
  const narrow = width < NARROW;
  const placed = points.map((point, i) => {
    const arm = findArm(report, { model, set: point.set })!;
    return { ...point, i, slot: slotOf(report, point.set), seeds: outcomes[outcome].of(arm) };
  });
  const range = padded(
    placed.flatMap(({ value, seeds }) => [value, ...seeds]),
    { hold: [0, 1] },
  );
  const half = narrow ? width : (width - 40) / 2;
  const panel = (
    { x: left, y: top }: { x: number; y: number },
    title: string,
    heading: string,
    axisOf: (place: { start: number; end: number }) => Axis,
    value: (point: (typeof placed)[number]) => number,
  ): Shape[] => {
    const [start, end] = [left + LEFT, left + half - 12];
    const foot = top + HEAD + HEIGHT;
    const x = axisOf({ start, end });
    const y = linearAxis(range, { start: foot, end: top + HEAD, label: percentLabel });
    return [
      text(left, top + 14, heading, { strong: true }),
      ...axisLeft(y, { left: start, right: end }),
      ...axisBelow(x, { top: top + HEAD, foot, middle: (start + end) / 2, title }),
      ...placed.flatMap((point) => {
        const { slot, set, seeds, i } = point;
        const at = x.at(value(point));
        const small = { radius: 3, opacity: 0.45 };
        const tip = { title: `${set}: ${percentage(point.value)}` };
        return [
          ...seeds.map((share) => mark(slot, at, y.at(share), small)),
          mark(slot, at, y.at(point.value), tip),
          text(at + 9, y.at(point.value) + 5, String(i + 1), { small: true, rimmed: true }),
        ];
      }),
    ];
  };
  const second = narrow ? { x: 0, y: HEAD + HEIGHT + 68 } : { x: half + 40, y: 0 };
  const bottom = second.y + HEAD + HEIGHT + 62;
  const key = keyShapes(placed, width, bottom + 6);
  return {
    width,
    height: bottom + key.height,
    shapes: [
      ...panel(
        { x: 0, y: 0 },
        `median perplexity${narrow ? '' : ' before training'}, log axis`,
        `familiarity: ρ ${rho(familiarity.rho)}`,
        (place) =>
          closePerplexityAxis(
            placed.map(({ medianPerplexity }) => medianPerplexity),
            place,
          ),
        ({ medianPerplexity }) => medianPerplexity,
      ),
      ...panel(
        second,
        'mean length of an answer, tokens',
        `length: ρ ${rho(length.rho)}`,
        (place) => linearAxis(padded(placed.map(({ meanTokens }) => meanTokens)), place),
        ({ meanTokens }) => meanTokens,
      ),
      ...key.shapes,
    ],
  };
}

/** Numbers, marks and names of the sets, in as many columns as fit. */
function keyShapes(
  sets: readonly { set: string; slot: number }[],
  width: number,
  top: number,
): { shapes: Shape[]; height: number } {
  const column = Math.max(...sets.map(({ set }) => textWidth(set))) + 62;
  const columns = Math.max(1, Math.floor(width / column));
  const shapes = sets.flatMap(({ set, slot }, i) => {
    const x = (i % columns) * column;
    const y = top + Math.floor(i / columns) * 24 + 14;
    return [mark(slot, x + 8, y - 5), text(x + 22, y, `${i + 1} ${set}`)];
  });
  return { shapes, height: Math.ceil(sets.length / columns) * 24 + 10 };
}

/** ρ with its sign and two digits; "not defined" where it is none. */
export function rho(value: number | undefined): string {
  return typeof value === 'number' && Number.isFinite(value)
    ? signedDecimal(value, 2)
    : 'not defined';
}

export function scatterSentence(rank: RankSummary, trend: TrendSummary | undefined): string {
  const { model, outcome, points, familiarity, length, partial } = rank;
  const k = points.length;
  const { name } = outcomes[outcome];
  const most = points.reduce((a, b) => (b.medianPerplexity < a.medianPerplexity ? b : a));
  const best = points.reduce((a, b) => (b.value > a.value ? b : a));
  if (!Number.isFinite(familiarity.rho)) {
    return `Over K = ${k} sets of ${model}, ρ of familiarity and ${name} is not defined: one of the two does not vary.`;
  }
  const same =
    most.set === best.set
      ? `the most familiar set, ${most.set} (${digits(most.medianPerplexity)}), is also the best (${percentage(best.value)})`
      : `the most familiar set is ${most.set} (${digits(most.medianPerplexity)}), the best ${best.set} (${percentage(best.value)})`;
  const how = familiarity.exact ? 'exact' : 'from sampled orders';
  const p = `one-sided p ${probability(familiarity.p.greater)} (${how}; the smallest that ${k} sets allow is ${probability(familiarity.smallest.oneSided)})`;
  const held = `With length held fixed familiarity has ρ ${rho(partial.familiarity.other)}, with length and correctness ${rho(partial.familiarity.otherAndCorrectness)}.`;
  return `Over K = ${k} sets of ${model}, ${same}: ρ of familiarity and ${name} ${rho(familiarity.rho)}, ${p}; of length ${rho(length.rho)}. ${held}${trendSentence(trend)}`;
}

function trendSentence(trend: TrendSummary | undefined): string {
  if (trend === undefined || trend.seeds < 2) return '';
  const smallest = Number.isFinite(trend.smallestP)
    ? ` (smallest possible ${probability(trend.smallestP)})`
    : '';
  return ` ${trend.seeds} seeds rank the sets in the order predicted with Page’s p ${probability(trend.p)}${smallest}.`;
}
