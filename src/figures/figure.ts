/** What every figure of an experiment is made from and gives. */
import type { ExperimentReport } from '../experiment/report/report.ts';
import type { StageResult, RunResult } from '../experiment/run/results.ts';
import type { ArmSummary, SetSummary } from '../experiment/report/summaries.ts';
import type { DataColumn, DataRecord } from './data-table.ts';
import type { Drawing } from './drawing/shapes.ts';

export interface Shown {
  report: ExperimentReport;
  /** Stages of the report; without them only what the report itself holds is drawn. */
  results: readonly StageResult[];
  /** Another run of the like, drawn as hollow marks. */
  reference?: ExperimentReport | undefined;
}

export interface Figure {
  /** Name of its files. */
  id: string;
  title: string;
  /** What exactly is drawn. */
  help: string;
  /** The finding in words, computed; also the text alternative. */
  sentence: string;
  columns: readonly DataColumn[];
  records: readonly DataRecord[];
  draw: (width: number) => Drawing;
}

/** What decides a set's color and shape: its place in the experiment, from 1. */
export function slotOf({ experiment }: ExperimentReport, set: string): number {
  return experiment.sets.findIndex(({ id }) => id === set) + 1;
}

export const modelIds = ({ models }: ExperimentReport): string[] =>
  models.map(({ facts }) => facts.id);

export const armsOfModel = ({ arms }: ExperimentReport, model: string): ArmSummary[] =>
  arms.filter((arm) => arm.model === model);

export function findArm(
  report: ExperimentReport | undefined,
  { model, set }: { model: string; set: string },
): ArmSummary | undefined {
  return report?.arms.find((arm) => arm.model === model && arm.set === set);
}

export function findSet(report: ExperimentReport | undefined, id: string): SetSummary | undefined {
  return report?.sets.find((set) => set.id === id);
}

/** Finished runs of an arm, in the order of the seeds. */
export function runsOfArm(
  results: readonly StageResult[],
  { model, set }: { model: string; set: string },
): RunResult[] {
  return results.filter(
    (result): result is RunResult =>
      result.kind === 'run' && result.model === model && result.set === set,
  );
}

/** Seeds of some arms in words: "one seed each", "5 seeds each". */
export function seedWords(arms: readonly ArmSummary[]): string {
  const counts = [...new Set(arms.map(({ seeds }) => seeds.length))].sort((a, b) => a - b);
  if (counts.length > 1) return `${counts[0]!} to ${counts.at(-1)!} seeds each`;
  return counts[0] === 1 ? 'one seed each' : `${counts[0] ?? 0} seeds each`;
}
