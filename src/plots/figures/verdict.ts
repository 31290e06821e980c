/** What the 2×2 says: a word, a sentence, and the numbers that the word rests on. */
import type { CrossOverSummary, TestedInteraction } from '../../experiment/comparisons.ts';
import type { ExperimentReport } from '../../experiment/report.ts';
import type { Verdict } from '../../statistics/cross-over-test.ts';
import { counted, points, probability, signedDecimal } from '../format.ts';
import { accuracySentence } from './accuracy.ts';
import { perplexitySentence } from './perplexity.ts';

export interface Headline {
  /** Undefined while there is none: another kind of experiment, or one that is not finished. */
  verdict: Verdict | undefined;
  sentence: string;
}

const opening: Record<Verdict, string> = {
  supported: 'Supported',
  contradicted: 'Contradicted',
  inconclusive: 'Inconclusive',
};

/** The first sentence of a report. */
export function headline(report: ExperimentReport): Headline {
  const { crossOver, experiment } = report;
  if (crossOver !== undefined) {
    return { verdict: crossOver.accuracy.verdict, sentence: claimSentence(crossOver) };
  }
  if (experiment.crossOver !== undefined) {
    return { verdict: undefined, sentence: waitingSentence(report) };
  }
  if (report.arms.length > 0) return { verdict: undefined, sentence: accuracySentence(report) };
  return { verdict: undefined, sentence: perplexitySentence(measuredOf(report)) };
}

const measuredOf = ({ sets }: ExperimentReport) =>
  sets.flatMap(({ id, familiarity }) =>
    Object.entries(familiarity).map(([model, own]) => ({ model, set: id, own })),
  );

/** Familiarity is the claim's premise, accuracy its conclusion; the word is that of the conclusion. */
function claimSentence({ familiarity, accuracy }: CrossOverSummary): string {
  const word = opening[accuracy.verdict];
  const premise: Record<Verdict, string> = {
    supported: 'each model finds answers in its own language more familiar',
    contradicted: 'each model finds answers in the other language more familiar',
    inconclusive: 'which answers a model finds more familiar is not settled',
  };
  const conclusion: Record<Verdict, string> = {
    supported: 'learns better from answers in its own language',
    contradicted: 'learns better from answers in the other language',
    inconclusive: 'whether it learns better from its own is not settled by these runs',
  };
  const agree = familiarity.verdict === 'supported' && accuracy.verdict === 'supported';
  if (agree) return `${word}: ${premise.supported}, and learns better from them.`;
  const link = accuracy.verdict === 'inconclusive' ? '; ' : ', but it ';
  return `${word}: ${premise[familiarity.verdict]}${link}${conclusion[accuracy.verdict]}.`;
}

function waitingSentence({ experiment, arms }: ExperimentReport): string {
  const { modelA, setA, modelB, setB } = experiment.crossOver!;
  const done = arms
    .filter(({ model, set }) => [modelA, modelB].includes(model) && [setA, setB].includes(set))
    .reduce((sum, { seeds }) => sum + seeds.length, 0);
  const planned = 4 * experiment.seeds.length;
  return `No verdict yet: ${done} of the ${planned} runs of the cross-over are in.`;
}

export interface VerdictLine {
  name: string;
  verdict: Verdict;
  /** Effect, interval, both models, p and the smallest possible p. */
  detail: string;
}

/** One line for each measure of the 2×2, in the order of the claim. */
export function verdictLines({
  models,
  familiarity,
  accuracy,
  retention,
}: CrossOverSummary): VerdictLine[] {
  return [
    line('Familiarity before', familiarity, {
      models,
      written: signedDecimal,
      unit: 'nats per token of familiarity',
    }),
    line('Accuracy after', accuracy, { models, written: points, unit: 'points of accuracy' }),
    ...(retention
      ? [
          line('Other tasks after', retention, {
            models,
            written: points,
            unit: 'points of accuracy',
          }),
        ]
      : []),
  ];
}

function line(
  name: string,
  tested: TestedInteraction,
  how: { models: [string, string]; written: (value: number) => string; unit: string },
): VerdictLine {
  const { mean, interval, bracketA, bracketB, overQuestions, overSeeds, smallestP } = tested;
  const { models, written, unit } = how;
  const over = (n: number, noun: string, p: number, smallest: number) =>
    `${probability(p)} over ${counted(n, noun)} (smallest possible ${probability(smallest)})`;
  const ps = [over(overQuestions.n, 'question', overQuestions.p.greater, smallestP.questions)];
  // Before training there are no seeds to speak of.
  if (overSeeds.n > 1) ps.push(over(overSeeds.n, 'seed', overSeeds.p.greater, smallestP.seeds));
  return {
    name,
    verdict: tested.verdict,
    detail: `the own set gives ${written(mean)} ${unit} over the other’s (95 % interval ${written(interval.low)} to ${written(interval.high)}): ${written(bracketA)} to ${models[0]}, ${written(bracketB)} to ${models[1]}. One-sided p ${ps.join(' and ')}.`,
  };
}

/** Below the picture of the 2×2. */
export function crossOverSentence(report: ExperimentReport): string {
  const { crossOver } = report;
  if (crossOver === undefined) return waitingSentence(report);
  const { familiarity, accuracy } = crossOver;
  const { low, high } = accuracy.interval;
  return `A model’s own set is ${signedDecimal(familiarity.mean)} nats per token more familiar to it than the other’s before training, and gains it ${points(accuracy.mean)} points of accuracy (95 % interval ${points(low)} to ${points(high)}); familiarity ${familiarity.verdict}, accuracy ${accuracy.verdict}.`;
}
