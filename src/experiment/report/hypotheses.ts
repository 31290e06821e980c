/**
 * The claims, stated before the run and tested where the experiment has the sets for them: H1 the
 * teacher's answers are more familiar than the human ones; H2 and H3 familiarity orders accuracy and
 * retention, and the teacher's answers teach better than the human ones; H4 not by detail or content
 * alone; H5 each model is served best by its own language (the 2×2).
 */
import type { Random } from '../../random.ts';
import { holmAdjust } from '../../statistics/holm.ts';
import { pairedDifferences, signTest, wilcoxonSignedRank } from '../../statistics/paired.ts';
import { pairedChange } from '../../statistics/paired-change.ts';
import { mcNemarTest, type Interval } from '../../statistics/proportions.ts';
import { signFlipTest } from '../../statistics/sign-flip.ts';
import type { Verdict } from '../../statistics/cross-over-test.ts';
import type { CrossOverSummary } from './comparisons.ts';
import { overSeeds } from './drift.ts';
import { decimal, pValue, signed } from './number-text.ts';
import type { RankSummary } from './ranks.ts';
import type { RunResult, ScoredAnswer } from '../run/results.ts';
import type { Experiment } from '../spec/schema.ts';
import { correctness } from './summaries.ts';

export interface HypothesisResult {
  id: 'H1' | 'H2' | 'H2b' | 'H3' | 'H3b' | 'H4' | 'H5';
  /** Both models for H5. */
  model: string;
  /** What is claimed, with the sets it is about. */
  claim: string;
  test: string;
  n: number;
  unit: 'questions' | 'sets';
  /** Positive, or a share above one half, speaks for the claim; its name stands in `test`. */
  effect: number;
  interval: Interval | undefined;
  /** One-sided as claimed; two-sided for what is exploratory. */
  p: number;
  /** Corrected for all claims of the experiment (Holm); NaN for what is exploratory. */
  pHolm: number;
  /** What else is worth knowing, in words. */
  remark: string;
  /** Undefined for what is exploratory: no direction was stated in advance. */
  verdict: Verdict | undefined;
}

/** The rule of the verdicts, printed beside them. */
export const hypothesisRule =
  'Supported: the one-sided p stated in advance, corrected by Holm for all claims in this table, is at most 0.05. Contradicted: the same in the other direction. Anything else is inconclusive. H5 follows the rule of the 2×2.';

export interface HypothesisParts {
  /** Undefined while it is not measured. */
  familiarity: (model: string, set: string) => readonly ScoredAnswer[] | undefined;
  /** Finished runs, in the order of the seeds; empty when there are none. */
  runs: (model: string, set: string) => readonly RunResult[];
  ranks: readonly RankSummary[];
  crossOver: CrossOverSummary | undefined;
}

/** A claim before the correction; `opposite` is the p of the other direction. */
type Claim = Omit<HypothesisResult, 'pHolm' | 'verdict'> & {
  opposite: number;
  exploratory?: boolean;
  verdict?: Verdict;
};

export function testHypotheses(
  experiment: Experiment,
  parts: HypothesisParts,
  random: Random,
): HypothesisResult[] {
  const claims = [
    ...experiment.models.flatMap(({ id }) => modelClaims(id, experiment, parts, random.fork(id))),
    ...crossOverClaims(parts.crossOver),
  ];
  const stated = claims.filter(({ exploratory }) => exploratory !== true);
  const adjusted = holmAdjust(stated.map(({ p }) => p));
  const opposite = holmAdjust(stated.map((claim) => claim.opposite));
  return claims.map(({ opposite: _, exploratory: __, verdict, ...claim }, i) => {
    const at = stated.indexOf(claims[i]!);
    if (at < 0) return { ...claim, pHolm: NaN, verdict: undefined };
    const tested = verdictFrom(adjusted[at]!, opposite[at]!);
    return { ...claim, pHolm: adjusted[at]!, verdict: verdict ?? tested };
  });
}

const LEVEL = 0.05;

function verdictFrom(p: number, opposite: number): Verdict {
  if (p <= LEVEL) return 'supported';
  return opposite <= LEVEL ? 'contradicted' : 'inconclusive';
}

function modelClaims(
  model: string,
  { roles }: Experiment,
  parts: HypothesisParts,
  random: Random,
): Claim[] {
  const { human, teacher, paraphrase, detail, shuffled } = roles;
  const gain = (
    id: HypothesisResult['id'],
    [better, worse]: [string | undefined, string | undefined],
    outcome: 'test' | 'retention',
    exploratory = false,
  ) =>
    better !== undefined && worse !== undefined
      ? outcomeClaim({ id, model, better, worse, outcome, exploratory }, parts, random)
      : [];
  return [
    ...familiarityClaim(model, human, teacher, parts),
    ...rankClaim('H2', model, 'accuracy', parts.ranks),
    ...gain('H2b', [teacher, human], 'test'),
    ...rankClaim('H3', model, 'retention', parts.ranks),
    ...gain('H3b', [teacher, human], 'retention'),
    ...gain('H4', [teacher, paraphrase], 'test'),
    ...gain('H4', [teacher, detail], 'test'),
    ...gain('H4', [teacher, shuffled], 'test'),
    ...gain('H4', [detail, human], 'test', true),
  ];
}

function familiarityClaim(
  model: string,
  human: string | undefined,
  teacher: string | undefined,
  parts: HypothesisParts,
): Claim[] {
  if (human === undefined || teacher === undefined) return [];
  const perToken = (set: string) =>
    new Map(
      parts.familiarity(model, set)?.map(({ rowId, nllSum, tokens }) => [rowId, nllSum / tokens]),
    );
  const [h, t] = [perToken(human), perToken(teacher)];
  const differences = [...h].flatMap(([id, nll]) => (t.has(id) ? [nll - t.get(id)!] : []));
  if (differences.length === 0) return [];
  const { p, positive, negative } = signTest(differences);
  const wilcoxon = wilcoxonSignedRank(differences);
  return [
    {
      id: 'H1',
      model,
      claim: `${teacher} is more familiar than ${human} before training`,
      test: 'sign test; share of questions on which it is',
      n: differences.length,
      unit: 'questions',
      effect: positive / (positive + negative),
      interval: undefined,
      p: p.greater,
      opposite: p.less,
      remark: `median difference ${signed(wilcoxon.medianDifference)} nats per token, Wilcoxon one-sided p ${pValue(wilcoxon.p.greater)}`,
    },
  ];
}

function rankClaim(
  id: 'H2' | 'H3',
  model: string,
  outcome: RankSummary['outcome'],
  ranks: readonly RankSummary[],
): Claim[] {
  const found = ranks.find((rank) => rank.model === model && rank.outcome === outcome);
  if (!found || Number.isNaN(found.familiarity.rho)) return [];
  const { rho, p, n, exact, smallest } = found.familiarity;
  const given = found.partial.familiarity;
  const partial = (value: number | undefined) =>
    value === undefined ? 'not defined' : decimal(value, 2);
  return [
    {
      id,
      model,
      claim: `the more familiar the set, the better ${outcome === 'accuracy' ? 'accuracy' : 'accuracy on other tasks'} after training`,
      test: `Spearman over sets, ${exact ? 'exact' : 'sampled'} permutation p; ρ`,
      n,
      unit: 'sets',
      effect: rho,
      interval: undefined,
      p: p.greater,
      opposite: p.less,
      remark: `smallest p of ${n} sets ${pValue(smallest.oneSided)}; ρ given length ${partial(given.other)}, given length and correctness ${partial(given.otherAndCorrectness)}`,
    },
  ];
}

interface Gain {
  id: HypothesisResult['id'];
  model: string;
  better: string;
  worse: string;
  outcome: 'test' | 'retention';
  exploratory: boolean;
}

/** Each question's mean over seeds, arm against arm: sign flips over questions. */
function outcomeClaim(
  { id, model, better, worse, outcome, exploratory }: Gain,
  parts: HypothesisParts,
  random: Random,
): Claim[] {
  const [first, second] = [parts.runs(model, better), parts.runs(model, worse)];
  if (first.length === 0 || first.length !== second.length) return [];
  if (first[0]![outcome].length === 0) return [];
  const items = (runs: readonly RunResult[]) =>
    overSeeds(runs.map((run) => correctness(run[outcome])));
  const fork = random.fork(`${id}/${better}/${worse}/${outcome}`);
  const test = signFlipTest(pairedDifferences(items(first), items(second)), fork.fork('flips'));
  const { interval } = pairedChange(items(second), items(first), fork.fork('interval'));
  const rights = (run: RunResult) => run[outcome].map(({ strict }) => strict);
  const single = first.length === 1 && mcNemarTest(rights(first[0]!), rights(second[0]!));
  const what = outcome === 'test' ? 'accuracy' : 'accuracy on other tasks';
  return [
    {
      id,
      model,
      claim: exploratory
        ? `${what} after ${better} differs from ${what} after ${worse}`
        : `${what} is better after ${better} than after ${worse}`,
      test: 'sign flips over questions, means over seeds; difference',
      n: test.n,
      unit: 'questions',
      effect: test.mean,
      interval,
      p: exploratory ? test.p.twoSided : test.p.greater,
      opposite: test.p.less,
      exploratory,
      remark: single
        ? `one seed: McNemar two-sided p ${pValue(single.p)}, ${single.onlyFirst} against ${single.onlySecond} questions`
        : `${first.length} seeds`,
    },
  ];
}

function crossOverClaims(crossOver: CrossOverSummary | undefined): Claim[] {
  if (!crossOver) return [];
  const model = crossOver.models.join(', ');
  const claim = (what: string, { mean, interval, overQuestions, verdict }: Tested): Claim => ({
    id: 'H5',
    model,
    claim: `${what} is better for each model with its own set`,
    test: 'interaction of the 2×2, sign flips over questions',
    n: overQuestions.n,
    unit: 'questions',
    effect: mean,
    interval,
    p: overQuestions.p.greater,
    opposite: overQuestions.p.less,
    remark: `sets ${crossOver.sets.join(', ')}`,
    verdict,
  });
  return [
    claim('familiarity before training', crossOver.familiarity),
    claim('accuracy', crossOver.accuracy),
    ...(crossOver.retention ? [claim('accuracy on other tasks', crossOver.retention)] : []),
  ];
}

type Tested = CrossOverSummary['accuracy'];
