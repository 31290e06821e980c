/** The 2×2 of an experiment, and its arms against the first of each model. */
import type { Random } from '../../random.ts';
import {
  seededInteraction,
  verdictOf,
  type CrossOverCells,
  type SeededInteraction,
  type Verdict,
} from '../../statistics/cross-over-test.ts';
import { holmAdjust } from '../../statistics/holm.ts';
import { pairedDifferences } from '../../statistics/paired.ts';
import { signFlipTest } from '../../statistics/sign-flip.ts';
import { mean } from '../../statistics/summary.ts';
import { overSeeds } from './drift.ts';
import type { RunResult, ScoredAnswer } from '../run/results.ts';
import type { Experiment } from '../spec/schema.ts';
import { correctness } from './summaries.ts';

export interface TestedInteraction extends SeededInteraction {
  verdict: Verdict;
}

export interface CrossOverSummary {
  models: [string, string];
  sets: [string, string];
  /** Before training, nats per token, over questions alone; positive: the own set is more familiar. */
  familiarity: TestedInteraction;
  accuracy: TestedInteraction;
  /** Undefined when no other tasks were asked. */
  retention: TestedInteraction | undefined;
}

export interface CrossOverParts {
  familiarity: (model: string, set: string) => readonly ScoredAnswer[];
  /** In the order of the seeds. */
  runs: (model: string, set: string) => readonly RunResult[];
}

export function summarizeCrossOver(
  { modelA, setA, modelB, setB }: NonNullable<Experiment['crossOver']>,
  parts: CrossOverParts,
  random: Random,
): CrossOverSummary {
  const tested = (name: string, cells: CrossOverCells): TestedInteraction => {
    const result = seededInteraction(cells, random.fork(name));
    return { ...result, verdict: verdictOf(result) };
  };
  const cellsOf = (cell: (model: string, set: string) => number[][]): CrossOverCells => ({
    modelAsetA: cell(modelA, setA),
    modelAsetB: cell(modelA, setB),
    modelBsetA: cell(modelB, setA),
    modelBsetB: cell(modelB, setB),
  });
  const shared = sharedRows(
    [modelA, modelB].flatMap((model) => [setA, setB].map((set) => parts.familiarity(model, set))),
  );
  const outcomes = (which: 'test' | 'retention') =>
    cellsOf((model, set) => parts.runs(model, set).map((run) => correctness(run[which])));
  const others = parts.runs(modelA, setA)[0]!.retention.length;
  return {
    models: [modelA, modelB],
    sets: [setA, setB],
    familiarity: tested(
      'familiarity',
      cellsOf((model, set) => {
        const byId = new Map(parts.familiarity(model, set).map((row) => [row.rowId, row]));
        return [shared.map((id) => -byId.get(id)!.nllSum / byId.get(id)!.tokens)];
      }),
    ),
    accuracy: tested('accuracy', outcomes('test')),
    retention: others > 0 ? tested('retention', outcomes('retention')) : undefined,
  };
}

/** Questions answered in all of the lists. */
function sharedRows(lists: readonly (readonly ScoredAnswer[])[]): string[] {
  const ids = lists.map((rows) => new Set(rows.map(({ rowId }) => rowId)));
  return [...ids[0]!].filter((id) => ids.every((answered) => answered.has(id)));
}

/** One arm against the first arm of its model, by each question's mean over seeds. */
export interface ArmComparison {
  model: string;
  set: string;
  against: string;
  /** Strict accuracy, set minus against. */
  difference: number;
  /** Two-sided, sign flips over questions. */
  p: number;
  /** Corrected for all comparisons of the experiment (Holm). */
  pHolm: number;
}

export function compareArms(
  arms: readonly (readonly RunResult[])[],
  random: Random,
): ArmComparison[] {
  const compared: Omit<ArmComparison, 'pHolm'>[] = [];
  const firstOf = new Map<string, readonly RunResult[]>();
  for (const runs of arms) {
    const { model, set } = runs[0]!;
    const first = firstOf.get(model);
    if (!first) {
      firstOf.set(model, runs);
      continue;
    }
    const items = (armRuns: readonly RunResult[]) =>
      overSeeds(armRuns.map(({ test }) => correctness(test)));
    const differences = pairedDifferences(items(runs), items(first));
    const test = signFlipTest(differences, random.fork(`${model}/${set}`));
    compared.push({
      model,
      set,
      against: first[0]!.set,
      difference: mean(differences),
      p: test.p.twoSided,
    });
  }
  const adjusted = holmAdjust(compared.map(({ p }) => p));
  return compared.map((comparison, i) => ({ ...comparison, pHolm: adjusted[i]! }));
}
