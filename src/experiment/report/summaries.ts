/** From kept stages to numbers about models, sets and arms. */
import { editSimilarity } from '../../data/similarity.ts';
import {
  accuracyByFamily,
  accuracyOf,
  type Accuracy,
  type Outcome,
} from '../../evaluate/accuracy.ts';
import { summarizePerplexity } from '../../familiarity/aggregate.ts';
import type { Random } from '../../random.ts';
import { bootstrapByIndex, type BootstrapInterval } from '../../statistics/bootstrap.ts';
import { pairedChange, type PairedChange } from '../../statistics/paired-change.ts';
import { mean, quantile, standardDeviation } from '../../statistics/summary.ts';
import type {
  BaseResult,
  FamiliarityResult,
  ModelFacts,
  RunResult,
  ScoredAnswer,
  SetResult,
} from '../run/results.ts';
import {
  nllChange,
  overSeeds,
  summarizeDivergence,
  textChanges,
  type DivergenceSummary,
} from './drift.ts';
import type { TaskQuestions } from '../run/task.ts';

export interface ModelOutcome {
  facts: ModelFacts;
  strict: Accuracy;
  flexible: Accuracy;
  byFamily: Record<string, Accuracy>;
  retention: Accuracy;
  retentionByFamily: Record<string, Accuracy>;
  /** Nats per token, mean over questions; NaN without answers to measure. */
  retentionNll: number;
  /** Of held-out general text, by its name. */
  textNll: Record<string, number>;
}

export function summarizeModel(base: BaseResult, task: TaskQuestions): ModelOutcome {
  return {
    facts: base.model,
    strict: accuracyOf(base.test, 'strict'),
    flexible: accuracyOf(base.test, 'flexible'),
    byFamily: Object.fromEntries(accuracyByFamily(task.test, base.test, 'strict')),
    retention: accuracyOf(base.retention, 'strict'),
    retentionByFamily: Object.fromEntries(
      accuracyByFamily(task.retention, base.retention, 'strict'),
    ),
    retentionNll: mean(base.retentionNll),
    textNll: Object.fromEntries(
      Object.entries(base.textNll).map(([name, values]) => [name, mean(values)]),
    ),
  };
}

/** One set under one model, before any training. */
export interface Familiarity {
  n: number;
  /** Perplexity of an answer at 5, 25, 50, 75 and 95 % of the set. */
  quantiles: number[];
  median: number;
  /** Resamples answers, as that of the geometric mean does. */
  medianInterval: BootstrapInterval;
  geometric: number;
  geometricInterval: BootstrapInterval;
  arithmetic: number;
  tokenWeighted: number;
  /** exp of the mean over answers of nats per token, no token counting more than 3 nats. */
  clipped: number;
  /** Share of answer tokens that were the likeliest choice. */
  top1: number;
  /** Median perplexity after examples of the model's own style; undefined when not measured. */
  styledMedian: number | undefined;
  meanTokens: number;
  /** Mean over answers of different tokens / tokens. */
  uniqueTokenRatio: number;
  /** Mean similarity to the model's own greedy answers, word by word. */
  editSimilarity: number;
}

export interface SetSummary {
  id: string;
  n: number;
  correct: Accuracy;
  sha256: string;
  provenance: string;
  made: SetResult['made'];
  /** By model id. */
  familiarity: Record<string, Familiarity>;
}

export function summarizeFamiliarity(
  { answers: rows, styled }: FamiliarityResult,
  { set }: SetResult,
  base: BaseResult,
  task: TaskQuestions,
  random: Random,
): Familiarity {
  const scored = rows.map((row) => ({
    rowId: row.rowId,
    responseTokens: row.tokens,
    responseBytes: row.bytes,
    nllSum: row.nllSum,
  }));
  const sum = (value: (row: ScoredAnswer) => number) =>
    rows.reduce((total, row) => total + value(row), 0);
  const averagesOf = (chosen: 'median' | 'geometric') =>
    summarizePerplexity(scored, {
      chosen,
      random: random.fork(`${base.model.id}/${set.id}/${chosen}`),
    });
  const { averages, interval: medianInterval } = averagesOf('median');
  const ownAnswers = new Map(task.train.map(({ id }, i) => [id, base.own[i]!.text]));
  return {
    n: rows.length,
    quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map((p) =>
      quantile(
        rows.map(({ nllSum, tokens }) => Math.exp(nllSum / tokens)),
        p,
      ),
    ),
    median: averages.median,
    medianInterval,
    geometric: averages.geometric,
    geometricInterval: averagesOf('geometric').interval,
    arithmetic: averages.arithmetic,
    tokenWeighted: averages['token-weighted'],
    clipped: Math.exp(mean(rows.map(({ clippedNllSum, tokens }) => clippedNllSum / tokens))),
    top1: sum(({ likeliest }) => likeliest) / sum(({ tokens }) => tokens),
    styledMedian:
      styled &&
      quantile(
        styled.map(({ nllSum, tokens }) => Math.exp(nllSum / tokens)),
        0.5,
      ),
    meanTokens: mean(rows.map(({ tokens }) => tokens)),
    uniqueTokenRatio: mean(rows.map(({ distinctTokens, tokens }) => distinctTokens / tokens)),
    editSimilarity: mean(
      set.rows.map(({ id, response }) => editSimilarity(ownAnswers.get(id) ?? '', response)),
    ),
  };
}

export interface SeedSummary {
  seed: number;
  strict: Accuracy;
  flexible: Accuracy;
  retention: Accuracy;
  learningRate: number;
  steps: number;
  /** Whose weights were kept and tested. */
  keptStep: number;
  trainedTokens: number;
  /** Share of answer tokens left out as too surprising; 0 when all are trained. */
  maskedShare: number;
  /** Of the last report; null when it was no number. */
  finalLoss: number | null;
}

export interface ArmSummary {
  model: string;
  set: string;
  seeds: SeedSummary[];
  /** Strict accuracy, mean over seeds. */
  accuracy: number;
  /** Between seeds; NaN for one. */
  deviation: number;
  /** Resamples questions and seeds. */
  interval: BootstrapInterval;
  flexible: number;
  retention: number;
  /** Each question's mean over seeds against the base model's outcome. */
  accuracyChange: PairedChange;
  retentionChange: PairedChange;
  /** Nats per token; undefined without answers to measure. */
  retentionNllChange: PairedChange | undefined;
  /** Of the right final answer after the model's own rationale; undefined without a marker. */
  goldNllChange: PairedChange | undefined;
  /** Nats per token of held-out general text, by its name. */
  textNllChange: Record<string, PairedChange>;
  /** KL(base ‖ tuned) on the new task's questions and on those of the others. */
  divergence: { test: DivergenceSummary | undefined; retention: DivergenceSummary | undefined };
}

/** 0 and 1 of one run's questions. */
export const correctness = (outcomes: readonly Outcome[]): number[] =>
  outcomes.map(({ strict }) => (strict ? 1 : 0));

/** @param runs of one model and set, in the order of the seeds */
export function summarizeArm(
  runs: readonly RunResult[],
  base: BaseResult,
  random: Random,
): ArmSummary {
  const seeds = runs.map((run) => ({
    seed: run.seed,
    strict: accuracyOf(run.test, 'strict'),
    flexible: accuracyOf(run.test, 'flexible'),
    retention: accuracyOf(run.retention, 'strict'),
    learningRate: run.learningRate,
    steps: run.steps,
    keptStep: run.keptStep,
    trainedTokens: run.trainedTokens,
    maskedShare: run.masked ? run.masked.tokens / run.masked.of : 0,
    finalLoss: run.curve.at(-1)?.loss ?? null,
  }));
  const test = runs.map((run) => correctness(run.test));
  const retention = runs.map((run) => correctness(run.retention));
  const fork = (name: string) => random.fork(`${runs[0]!.model}/${runs[0]!.set}/${name}`);
  return {
    model: runs[0]!.model,
    set: runs[0]!.set,
    seeds,
    accuracy: mean(test.map(mean)),
    deviation: standardDeviation(test.map(mean)),
    interval: seedInterval(test, fork('accuracy')),
    flexible: mean(seeds.map(({ flexible }) => flexible.share)),
    retention: mean(retention.map(mean)),
    accuracyChange: pairedChange(correctness(base.test), overSeeds(test), fork('change')),
    retentionChange: pairedChange(
      correctness(base.retention),
      overSeeds(retention),
      fork('retention'),
    ),
    retentionNllChange: nllChange(
      base.retentionNll,
      runs.map((run) => run.retentionNll),
      fork('retentionNll'),
    ),
    goldNllChange: nllChange(
      base.goldNll,
      runs.map((run) => run.goldNll),
      fork('goldNll'),
    ),
    textNllChange: textChanges(base, runs, fork('text')),
    divergence: {
      test: summarizeDivergence(
        runs.map((run) => run.divergence.test),
        fork('divergence/test'),
      ),
      retention: summarizeDivergence(
        runs.map((run) => run.divergence.retention),
        fork('divergence/retention'),
      ),
    },
  };
}

function seedInterval(seeds: readonly (readonly number[])[], random: Random): BootstrapInterval {
  return bootstrapByIndex(
    [seeds[0]!.length, seeds.length],
    ([questions, chosen]) => {
      let sum = 0;
      for (const s of chosen!) for (const i of questions!) sum += seeds[s]![i]!;
      return sum / (questions!.length * chosen!.length);
    },
    { random },
  );
}
