/**
 * Over the sets a model was trained on: does familiarity go with the outcome, and does length go
 * with it as well? The unit is the set: seeds are averaged first, and are blocks in Page's test.
 */
import type { Random } from '../../random.ts';
import { partialSpearman } from '../../statistics/correlation.ts';
import { pageTrend, type PageTrend } from '../../statistics/page-trend.ts';
import { spearmanTest, type SpearmanTest } from '../../statistics/rank-permutation.ts';
import type { ArmSummary, SetSummary } from './summaries.ts';

export type RankedOutcome = 'accuracy' | 'retention';

export interface RankPoint {
  set: string;
  medianPerplexity: number;
  meanTokens: number;
  /** Share of the set's answers that are right. */
  correctness: number;
  /** Mean over seeds. */
  value: number;
  /** Undefined when not measured. */
  styledMedian: number | undefined;
}

/** One predictor's ρ with others held fixed; undefined where it is not defined. */
export interface PartialRanks {
  /** The other predictor held fixed: length for familiarity, familiarity for length. */
  other: number | undefined;
  otherAndCorrectness: number | undefined;
}

export interface RankSummary {
  model: string;
  outcome: RankedOutcome;
  points: RankPoint[];
  /** −log median perplexity against the outcome; `greater` was stated in advance. */
  familiarity: SpearmanTest;
  /** Mean tokens against the outcome. */
  length: SpearmanTest;
  partial: { familiarity: PartialRanks; length: PartialRanks };
  /** −log median perplexity after examples of the model's own style; undefined when not measured. */
  styled: SpearmanTest | undefined;
}

/** Page's trend: do the seeds rank the sets in the order of their familiarity? */
export interface TrendSummary extends PageTrend {
  model: string;
  outcome: RankedOutcome;
  /** The order predicted before training: least familiar first, worst outcome expected. */
  order: string[];
  seeds: number;
  /** Every seed in the predicted order: 1 / K!^S; NaN where p is an approximation. */
  smallestP: number;
}

/** Two sets can only be in one order or the other; a rank correlation begins with three. */
const FEWEST_SETS = 3;

export function summarizeRanks(
  arms: readonly ArmSummary[],
  sets: readonly SetSummary[],
  random: Random,
): RankSummary[] {
  return eachOutcome(arms, (model, outcome, modelArms) => {
    const points = modelArms.map((arm) => pointOf(arm, sets, outcome));
    if (points.some(({ value }) => Number.isNaN(value))) return undefined;
    const x = points.map(familiarityOf);
    const y = points.map(({ value }) => value);
    const tokens = points.map(({ meanTokens }) => meanTokens);
    const right = points.map(({ correctness }) => correctness);
    const test = (predictor: readonly number[], name: string) =>
      spearmanTest(predictor, y, random.fork(`${model}/${outcome}${name}`));
    const partial = (predictor: readonly number[], other: readonly number[]): PartialRanks => ({
      other: partialSpearman(predictor, y, [other]),
      otherAndCorrectness: partialSpearman(predictor, y, [other, right]),
    });
    return {
      model,
      outcome,
      points,
      familiarity: test(x, ''),
      length: test(tokens, '/length'),
      partial: { familiarity: partial(x, tokens), length: partial(tokens, x) },
      styled: points.every(({ styledMedian }) => styledMedian !== undefined)
        ? test(
            points.map(({ styledMedian }) => -Math.log(styledMedian!)),
            '/styled',
          )
        : undefined,
    };
  });
}

export function summarizeTrends(
  arms: readonly ArmSummary[],
  sets: readonly SetSummary[],
): TrendSummary[] {
  return eachOutcome(arms, (model, outcome, modelArms) => {
    const ordered = modelArms
      .map((arm) => ({ arm, familiarity: familiarityOf(pointOf(arm, sets, outcome)) }))
      .sort((a, b) => a.familiarity - b.familiarity)
      .map(({ arm }) => arm);
    // While an experiment is under way, the seeds that every arm has.
    const shared = ordered[0]!.seeds
      .map(({ seed }) => seed)
      .filter((seed) => ordered.every(({ seeds }) => seeds.some((run) => run.seed === seed)));
    const blocks = shared.map((seed) =>
      ordered.map(({ seeds }) => {
        const run = seeds.find((seedResult) => seedResult.seed === seed)!;
        return (outcome === 'accuracy' ? run.strict : run.retention).share;
      }),
    );
    if (blocks.length === 0 || blocks.flat().some(Number.isNaN)) return undefined;
    const trend = pageTrend(blocks);
    return {
      ...trend,
      model,
      outcome,
      order: ordered.map(({ set }) => set),
      seeds: blocks.length,
      smallestP: trend.exact ? factorial(ordered.length) ** -blocks.length : NaN,
    };
  });
}

/** For each model with enough sets and each outcome; what is undefined is left out. */
function eachOutcome<Result>(
  arms: readonly ArmSummary[],
  summarize: (
    model: string,
    outcome: RankedOutcome,
    modelArms: readonly ArmSummary[],
  ) => Result | undefined,
): Result[] {
  return [...new Set(arms.map(({ model }) => model))].flatMap((model) => {
    const modelArms = arms.filter((arm) => arm.model === model);
    if (modelArms.length < FEWEST_SETS) return [];
    return (['accuracy', 'retention'] as const).flatMap(
      (outcome) => summarize(model, outcome, modelArms) ?? [],
    );
  });
}

function pointOf(
  { model, set, ...arm }: ArmSummary,
  sets: readonly SetSummary[],
  outcome: RankedOutcome,
): RankPoint {
  const { familiarity, correct } = sets.find(({ id }) => id === set)!;
  const { median, meanTokens, styledMedian } = familiarity[model]!;
  return {
    set,
    medianPerplexity: median,
    meanTokens,
    correctness: correct.share,
    value: arm[outcome],
    styledMedian,
  };
}

const familiarityOf = ({ medianPerplexity }: RankPoint): number => -Math.log(medianPerplexity);

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
