/** The tests of a report as tables: claims, 2×2, arms, and what familiarity predicts. */
import type { TestedInteraction } from './comparisons.ts';
import { hypothesisRule } from './hypotheses.ts';
import { decimal, isMissing, pValue, range, signed } from './number-text.ts';
import type { PartialRanks, RankedOutcome } from './ranks.ts';
import type { SpearmanTest } from '../../statistics/rank-permutation.ts';
import type { ExperimentReport } from './report.ts';
import { number, text, type TextTable } from './table.ts';

export function testTables(report: ExperimentReport): TextTable[] {
  return [
    ...(report.hypotheses.length > 0 ? [hypothesisTable(report)] : []),
    ...(report.crossOver ? [crossOverTable(report)] : []),
    ...(report.comparisons.length > 0 ? [comparisonTable(report)] : []),
    ...(report.ranks.length > 0 ? [rankTable(report)] : []),
    ...(report.trends.length > 0 ? [trendTable(report)] : []),
  ];
}

function hypothesisTable({ hypotheses }: ExperimentReport): TextTable {
  return {
    id: 'hypotheses',
    title: 'What was claimed in advance',
    caption: `p is one-sided as claimed, two-sided for what is exploratory. ${hypothesisRule}`,
    columns: [
      text('claim'),
      text('model'),
      text('what'),
      text('verdict'),
      number('effect'),
      number('95 %'),
      number('n'),
      number('p'),
      number('p, Holm'),
      text('test'),
      text('remark'),
    ],
    rows: hypotheses.map((hypothesis) => [
      hypothesis.id,
      hypothesis.model,
      hypothesis.claim,
      hypothesis.verdict ?? 'exploratory',
      signed(hypothesis.effect),
      hypothesis.interval ? range(hypothesis.interval) : '–',
      `${hypothesis.n} ${hypothesis.unit}`,
      pValue(hypothesis.p),
      pValue(hypothesis.pHolm),
      hypothesis.test,
      hypothesis.remark,
    ]),
  };
}

function crossOverTable({ crossOver, verdictRule }: ExperimentReport): TextTable {
  const { models, sets, familiarity, accuracy, retention } = crossOver!;
  const row = (name: string, seeds: boolean, result: TestedInteraction): string[] => [
    name,
    result.verdict,
    signed(result.mean),
    range(result.interval),
    signed(result.bracketA),
    signed(result.bracketB),
    pValue(result.overQuestions.p.greater),
    seeds ? pValue(result.overSeeds.p.greater) : '–',
    seeds ? pValue(result.smallestP.seeds) : '–',
  ];
  return {
    id: 'cross-over',
    title: 'The cross-over',
    caption: `What its own language gains a model: ½[(A’s set − B’s set) under ${models[0]} + (B’s set − A’s set) under ${models[1]}], the sets being ${sets[0]} and ${sets[1]}. p is one-sided, stated in advance. ${verdictRule}`,
    columns: [
      text('measure'),
      text('verdict'),
      number('interaction'),
      number('95 %'),
      number(models[0]),
      number(models[1]),
      number('p, questions'),
      number('p, seeds'),
      number('smallest'),
    ],
    rows: [
      row('familiarity before, nats', false, familiarity),
      row('accuracy after', true, accuracy),
      ...(retention ? [row('other tasks after', true, retention)] : []),
    ],
  };
}

function comparisonTable({ comparisons }: ExperimentReport): TextTable {
  return {
    id: 'comparisons',
    title: 'Arm against arm',
    caption:
      'Difference in strict accuracy to the first set of the same model; two-sided p of sign flips over questions, each question’s mean over seeds; Holm corrects for all rows. Exploratory: no direction was stated in advance.',
    columns: [
      text('model'),
      text('set'),
      text('against'),
      number('difference'),
      number('p'),
      number('p, Holm'),
    ],
    rows: comparisons.map(({ model, set, against, difference, p, pHolm }) => [
      model,
      set,
      against,
      signed(difference),
      pValue(p),
      pValue(pHolm),
    ]),
  };
}

const outcomeName = (outcome: RankedOutcome): string =>
  outcome === 'accuracy' ? 'accuracy' : 'other tasks';

const rho = (value: number | undefined): string =>
  value === undefined || isMissing(value) ? 'not defined' : signed(value, 2);

function rankTable({ ranks }: ExperimentReport): TextTable {
  return {
    id: 'ranks',
    title: 'Does familiarity predict?',
    caption:
      'Spearman’s ρ over sets (seeds averaged) of a predictor and the outcome, with its one-sided permutation p (exact up to 9 sets) and the smallest p so many sets allow; beside it ρ with the other predictor held fixed, and with the set’s correctness held fixed too. Familiarity is −log median perplexity; length is tokens an answer, and its rows are exploratory, as all partial correlations are.',
    columns: [
      text('model'),
      text('outcome'),
      text('predictor'),
      number('sets'),
      number('ρ'),
      number('p'),
      number('smallest p'),
      number('ρ given the other'),
      number('ρ given both'),
    ],
    rows: ranks.flatMap(({ model, outcome, points, partial, styled, ...tests }) => {
      const row = (
        predictor: string,
        { rho: coefficient, p, smallest }: SpearmanTest,
      ): string[] => [
        model,
        outcomeName(outcome),
        predictor,
        String(points.length),
        rho(coefficient),
        pValue(p.greater),
        pValue(smallest.oneSided),
      ];
      const given = ({ other, otherAndCorrectness }: PartialRanks) => [
        rho(other),
        rho(otherAndCorrectness),
      ];
      return [
        [...row('familiarity', tests.familiarity), ...given(partial.familiarity)],
        [...row('length', tests.length), ...given(partial.length)],
        ...(styled ? [[...row('familiarity in style', styled), '–', '–']] : []),
      ];
    }),
  };
}

function trendTable({ trends }: ExperimentReport): TextTable {
  return {
    id: 'trends',
    title: 'Do the seeds rank the sets by familiarity?',
    caption:
      'Page’s trend: seeds are blocks, sets stand in the order of their familiarity before training, the least familiar first; one-sided p, exact up to 8 sets without ties. It says that these sets are ordered beyond the noise of seeds, not that familiarity predicts in general; exploratory.',
    columns: [
      text('model'),
      text('outcome'),
      text('order'),
      number('seeds'),
      number('L'),
      number('expected'),
      number('z'),
      number('p'),
      number('smallest p'),
    ],
    rows: trends.map(({ model, outcome, order, seeds, L, expected, z, p, exact, smallestP }) => [
      model,
      outcomeName(outcome),
      order.join(' < '),
      String(seeds),
      decimal(L, 1),
      decimal(expected, 1),
      decimal(z, 2),
      `${pValue(p)}${exact ? '' : ' (normal)'}`,
      pValue(smallestP),
    ]),
  };
}
