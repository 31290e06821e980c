/** What the 2×2 says: a word, a sentence, and the numbers that the word rests on. */
import type { CrossOverSummary, TestedInteraction } from '../experiment/report/comparisons.ts';
import type { ExperimentReport } from '../experiment/report/report.ts';
import type { Verdict } from '../statistics/cross-over-test.ts';
import { counted, points, probability } from './format.ts';
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
    Object.entries(familiarity).map(([model, summary]) => ({ model, set: id, summary })),
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
  /** What exactly is compared. */
  help: string;
  verdict: Verdict;
  /** Effect, interval and both models. */
  effect: string;
  /** p and the smallest possible p. */
  test: string;
}

/** How an effect is said; above `nothing` it is in favor of the own language. */
interface Saying {
  name: string;
  help: string;
  sentence: (effect: string) => string;
  say: (value: number) => string;
}

/** Differences of log perplexity as the ratio that they are. */
const times = (nats: number): string => (Number.isFinite(nats) ? Math.exp(nats).toFixed(2) : '–');

const sayings = {
  familiarity: {
    name: 'Familiarity before',
    help: 'Perplexity of the other’s set over that of the own set, under the model before any training: exp of the mean difference of nats per token over questions. Above 1 the own language surprises less.',
    sentence: (effect) => `the other’s answers surprise a model ${effect} times as much as its own`,
    say: times,
  },
  accuracy: {
    name: 'Accuracy after',
    help: 'Share of test questions answered right after training on the own set, less that after training on the other’s, in percentage points; mean over questions and seeds.',
    sentence: (effect) =>
      `training on its own set rather than on the other’s moves a model’s share of right answers by ${effect} points`,
    say: points,
  },
  retention: {
    name: 'Other tasks after',
    help: 'The same on tasks that were not trained on: what training on the own set leaves, less what training on the other’s leaves.',
    sentence: (effect) =>
      `training on its own set rather than on the other’s moves the share of right answers there by ${effect} points`,
    say: points,
  },
} satisfies Record<string, Saying>;

/** One line for each measure of the 2×2, in the order of the claim. */
export function verdictLines(crossOver: CrossOverSummary): VerdictLine[] {
  const { models, familiarity, accuracy, retention } = crossOver;
  return [
    line(sayings.familiarity, familiarity, models),
    line(sayings.accuracy, accuracy, models),
    ...(retention ? [line(sayings.retention, retention, models)] : []),
  ];
}

function line(
  { name, help, sentence, say }: Saying,
  tested: TestedInteraction,
  [modelA, modelB]: [string, string],
): VerdictLine {
  const { verdict, mean, interval, bracketA, bracketB, overQuestions, overSeeds, smallestP } =
    tested;
  const over = (n: number, noun: string, p: number, smallest: number) =>
    `${probability(p)} over ${counted(n, noun)} (smallest possible ${probability(smallest)})`;
  const ps = [over(overQuestions.n, 'question', overQuestions.p.greater, smallestP.questions)];
  // Before training there are no seeds to speak of.
  if (overSeeds.n > 1) ps.push(over(overSeeds.n, 'seed', overSeeds.p.greater, smallestP.seeds));
  return {
    name,
    help,
    verdict,
    effect: `${sentence(say(mean))} (95 % interval ${say(interval.low)} to ${say(interval.high)}); ${modelA} ${say(bracketA)}, ${modelB} ${say(bracketB)}.`,
    test: `one-sided p ${ps.join(' and ')}.`,
  };
}

/** How many claims came out how: "2 supported, 1 inconclusive". */
export function claimWords(hypotheses: ExperimentReport['hypotheses']): string {
  return (['supported', 'contradicted', 'inconclusive', 'exploratory'] as const)
    .map((word) => ({
      word,
      n: hypotheses.filter(({ verdict = 'exploratory' }) => verdict === word).length,
    }))
    .filter(({ n }) => n > 0)
    .map(({ n, word }) => `${n} ${word}`)
    .join(', ');
}

/** Below the picture of the 2×2: what it shows of each model. */
export function crossOverSentence(report: ExperimentReport): string {
  const { crossOver } = report;
  if (crossOver === undefined) return waitingSentence(report);
  const { models, sets, familiarity, accuracy } = crossOver;
  const said = (model: string, nativeSet: string, other: string, nats: number, share: number) =>
    `To ${model}, ${other} is ${times(nats)} times as surprising as ${nativeSet}, and ${nativeSet} teaches it ${points(share)} points more than ${other} does.`;
  const [setA, setB] = sets;
  return [
    said(models[0], setA, setB, familiarity.bracketA, accuracy.bracketA),
    said(models[1], setB, setA, familiarity.bracketB, accuracy.bracketB),
  ].join(' ');
}
