/** Kept stages → the report: every number that tables and plots show, and what it took to get them. */
import { accuracyOf } from '../../evaluate/accuracy.ts';
import { EVALUATOR_VERSION, type AnswerRule } from '../../evaluate/extract-answer.ts';
import { uniqueNotices, type Notice } from '../../notices.ts';
import { createRandom } from '../../random.ts';
import { verdictRule } from '../../statistics/cross-over-test.ts';
import {
  compareArms,
  summarizeCrossOver,
  type ArmComparison,
  type CrossOverSummary,
} from './comparisons.ts';
import { testHypotheses, type HypothesisResult } from './hypotheses.ts';
import { noticesOfResults } from './result-notices.ts';
import { notesOf } from './notes.ts';
import { armsOf, familiarityId } from '../spec/plan.ts';
import { summarizeRanks, summarizeTrends, type RankSummary, type TrendSummary } from './ranks.ts';
import type {
  BaseResult,
  FamiliarityResult,
  StageResult,
  RunResult,
  SetResult,
} from '../run/results.ts';
import { answerRule, retentionRule, type Experiment } from '../spec/schema.ts';
import {
  summarizeArm,
  summarizeFamiliarity,
  summarizeModel,
  type ArmSummary,
  type ModelOutcome,
  type SetSummary,
} from './summaries.ts';
import type { TaskQuestions } from '../run/task.ts';

export const REPORT_FORMAT = 'idiolect-experiment-report';

/** What computed, as far as it can change a number. */
export interface Environment {
  idiolect: string;
  tensorflow_js: string;
  platform: string;
  engine: { name: string; device: string; threads: number; features: readonly string[] };
  prompt: { useChatTemplate: boolean; plainTemplate: string };
  /** SHA-256 of every file that was read, by name. */
  files: Readonly<Record<string, string>>;
  /** Names experiment, files and surroundings; results of another are never mixed in. */
  fingerprint: string;
}

export interface ExperimentReport {
  format: typeof REPORT_FORMAT;
  version: 1;
  experiment: Experiment;
  surroundings: Environment;
  /** How final answers were found and compared; undefined in reports of before it was recorded. */
  evaluator?: { version: number; answers: AnswerRule; retentionAnswers: AnswerRule };
  models: ModelOutcome[];
  sets: SetSummary[];
  arms: ArmSummary[];
  crossOver: CrossOverSummary | undefined;
  verdictRule: string;
  comparisons: ArmComparison[];
  ranks: RankSummary[];
  trends: TrendSummary[];
  /** H1 to H5, as far as the experiment has the sets for them. */
  hypotheses: HypothesisResult[];
  /** Σ of the stages' own times, whenever they were done. */
  seconds: {
    base: number;
    sets: number;
    familiarity: number;
    training: number;
    evaluation: number;
  };
  /** What a reader must know, in plain sentences. */
  notes: string[];
  /** What was left out, cut, joined, assumed or is doubtful, from the inputs to the runs. */
  notices: Notice[];
}

/** Of the bootstrap and the permutations, the same in every report. */
const STATISTICS_SEED = 7;

/**
 * @param notices what reading the files had to say
 * @param results stages of the plan; while some are missing the report speaks of those that are there,
 *   says so in its notes, and gives no verdict before the runs of all four arms are in
 */
export function makeReport(
  experiment: Experiment,
  task: TaskQuestions,
  results: readonly StageResult[],
  environment: Environment,
  notices: readonly Notice[] = [],
): ExperimentReport {
  const random = createRandom(STATISTICS_SEED);
  const byId = new Map(results.map((result) => [result.id, result]));
  const base = (model: string) => byId.get(`base.${model}`) as BaseResult;
  const familiarity = (model: string, set: string) =>
    byId.get(familiarityId(model, set)) as FamiliarityResult | undefined;
  const answers = (model: string, set: string) => familiarity(model, set)?.answers;
  const models = experiment.models.filter(({ id }) => byId.has(`base.${id}`));
  const planned = armsOf(experiment);
  const arms = planned
    .map(({ runs }) => runs.flatMap(({ id }) => (byId.get(id) as RunResult | undefined) ?? []))
    .filter((runs) => runs.length > 0);
  const sets = experiment.sets
    .flatMap(({ id }) => (byId.get(`set.${id}`) as SetResult | undefined) ?? [])
    .map((result): SetSummary => ({
      id: result.set.id,
      n: result.set.rows.length,
      correct: shareOf(result.correct),
      sha256: result.sha256,
      provenance: result.set.provenance ?? '',
      made: result.made,
      familiarity: Object.fromEntries(
        models.flatMap(({ id }) => {
          const measured = familiarity(id, result.set.id);
          const fork = random.fork('familiarity');
          return measured
            ? [[id, summarizeFamiliarity(measured, result, base(id), task, fork)]]
            : [];
        }),
      ),
    }));
  const armSummaries = arms.map((runs) => summarizeArm(runs, base(runs[0]!.model), random));
  const runsOf = (model: string, set: string) =>
    arms.find((runs) => runs[0]!.model === model && runs[0]!.set === set) ?? [];
  const { crossOver, seeds } = experiment;
  const complete =
    crossOver &&
    [crossOver.modelA, crossOver.modelB].every((model) =>
      [crossOver.setA, crossOver.setB].every((set) => runsOf(model, set).length === seeds.length),
    );
  const crossOverSummary = complete
    ? summarizeCrossOver(
        crossOver,
        { familiarity: (model, set) => answers(model, set)!, runs: runsOf },
        random.fork('cross-over'),
      )
    : undefined;
  const ranks = summarizeRanks(armSummaries, sets, random.fork('ranks'));
  const finished = (model: string, set: string) => {
    const runs = runsOf(model, set);
    return runs.length === seeds.length ? runs : [];
  };
  const runsPlanned = planned.flatMap(({ runs }) => runs).length;
  return {
    format: REPORT_FORMAT,
    version: 1,
    experiment,
    surroundings: environment,
    evaluator: {
      version: EVALUATOR_VERSION,
      answers: answerRule(experiment.task),
      retentionAnswers: retentionRule(experiment.task),
    },
    models: models.map(({ id }) => summarizeModel(base(id), task)),
    sets,
    arms: armSummaries,
    crossOver: crossOverSummary,
    verdictRule,
    comparisons: compareArms(arms, random.fork('comparisons')),
    ranks,
    trends: summarizeTrends(armSummaries, sets),
    hypotheses: testHypotheses(
      experiment,
      { familiarity: answers, runs: finished, ranks, crossOver: crossOverSummary },
      random.fork('hypotheses'),
    ),
    seconds: secondsOf(results),
    notes: notesOf(experiment, sets, {
      done: arms.flat().length,
      planned: runsPlanned,
      verdictWaits: complete === false,
    }),
    notices: uniqueNotices([...notices, ...noticesOfResults(results)]),
  };
}

const shareOf = (correct: readonly boolean[]) =>
  accuracyOf(
    correct.map((right) => ({ strict: right, flexible: right })),
    'flexible',
  );

function secondsOf(results: readonly StageResult[]): ExperimentReport['seconds'] {
  const seconds = { base: 0, sets: 0, familiarity: 0, training: 0, evaluation: 0 };
  for (const result of results) {
    if (result.kind === 'base') seconds.base += result.seconds;
    else if (result.kind === 'set') seconds.sets += result.seconds;
    else if (result.kind === 'familiarity') seconds.familiarity += result.seconds;
    else {
      seconds.training += result.seconds.training;
      seconds.evaluation += result.seconds.evaluation;
    }
  }
  return seconds;
}
