/** What an experiment leaves: kept stages that are never mixed with another's, and its three files. */
import { DataError } from '../../errors.ts';
import { EVALUATOR_VERSION } from '../../evaluate/extract-answer.ts';
import type { EngineReport } from '../../engine/config.ts';
import { htmlReport } from '../../exchange/experiment-report/html-report.ts';
import {
  makeReport,
  type ExperimentReport,
  type Environment,
} from '../../experiment/report/report.ts';
import { recordedModels, recordName } from '../../experiment/run/measurement.ts';
import type { StageResult, ResultStore } from '../../experiment/run/results.ts';
import type { Notice } from '../../notices.ts';
import type { Experiment } from '../../experiment/spec/schema.ts';
import type { TextTable } from '../../experiment/report/table.ts';
import type { TaskQuestions } from '../../experiment/run/task.ts';
import { tablesOf } from '../../experiment/report/tables.ts';
import type { PromptSettings } from '../../tokenizer/prompt-format.ts';
import { checkedJson, readCheckedJson } from './checked-json.ts';
import { stagesOfToday } from './earlier-results.ts';
import type { ExperimentInputs } from './experiment-inputs.ts';
import { keptResults, type TextFiles } from './kept-results.ts';
import { decodeStage, encodeStage } from './stage-state.ts';
import { fingerprintOf } from '../open/fingerprint.ts';
import { VERSION } from '../open/version.ts';

/** Files by name, each written whole or not at all. */
export interface ResultFiles extends TextFiles {
  readBytes(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  writeBytes(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<void>;
}

const STAMP = 'fingerprint.txt';
const UNDER_WAY = 'stage-under-way';

/**
 * Opens the results that are kept, or begins.
 * @param place names it in an error
 * @param hear of files that are damaged and were set aside
 * @throws DataError when what is kept is of another experiment, model, engine or version
 */
export async function openResults(
  files: ResultFiles,
  place: string,
  experiment: Experiment,
  fingerprint: string,
  hear: (one: Notice) => void,
): Promise<ResultStore> {
  const stamp = await files.read(STAMP);
  if (stamp !== undefined && stamp.trim() !== fingerprint) {
    throw new DataError(
      `The results in ${place} are of another experiment: its settings, a file, the engine or this program has changed. Choose another place for new ones, or remove these.`,
    );
  }
  await files.write('experiment.json', experimentJson(experiment));
  await files.write(STAMP, `${fingerprint}\n`);
  const store: ResultStore = {
    ...keptResults(files, hear),
    underWay: {
      read: async (id) => {
        const bytes = await files.readBytes(UNDER_WAY);
        return bytes && decodeStage(id, bytes);
      },
      write: async (id, state) => files.writeBytes(UNDER_WAY, await encodeStage(id, state)),
      clear: () => files.remove(UNDER_WAY),
    },
  };
  for (const { id } of experiment.models) await renew(store, `familiarity.${id}`);
  return store;
}

/** Keeps an earlier version's stage as those of today. */
async function renew(store: ResultStore, id: string): Promise<void> {
  const kept = await store.read(id);
  for (const stage of kept ? stagesOfToday(kept) : []) {
    if ((await store.read(stage.id)) === undefined) await store.write(stage);
  }
}

export async function environmentOf(
  { experiment, hashes }: ExperimentInputs,
  { name, device, threads, features }: EngineReport,
  prompt: PromptSettings,
  platform: string,
): Promise<Environment> {
  const identity = {
    idiolect: VERSION,
    tensorflow_js: '4.22.0',
    engine: { name, device, threads, features },
    prompt,
    files: hashes,
  };
  const fingerprint = await fingerprintOf([experiment, identity, EVALUATOR_VERSION]);
  return { ...identity, platform, fingerprint };
}

export interface ExperimentResult {
  report: ExperimentReport;
  tables: TextTable[];
  questions: TaskQuestions;
  results: readonly StageResult[];
}

/** @param results every stage, or those that are finished */
export function experimentResult(
  {
    experiment,
    task,
    notices,
  }: Pick<ExperimentInputs, 'experiment' | 'notices'> & { task: TaskQuestions },
  results: readonly StageResult[],
  environment: Environment,
): ExperimentResult {
  const report = makeReport(experiment, task, results, environment, notices);
  const { train, validation, test, retention } = task;
  const questions = { train, validation, test, retention };
  return { report, tables: tablesOf(report), questions, results };
}

/**
 * The files to take home, by name.
 * @param reference a stored run, for the HTML report to lay over its figures
 */
export function resultFiles(
  result: ExperimentResult,
  reference?: ExperimentReport,
): Record<string, string> {
  return {
    'experiment.json': experimentJson(result.report.experiment),
    'report.json': reportJson(result),
    'report.html': htmlReport(result, reference),
  };
}

/** Every number and outcome, and the names of the familiarity records beside it; what `readResult` reads. */
export const reportJson = ({ report, questions, results }: ExperimentResult): string =>
  checkedJson({
    ...report,
    questions,
    results,
    familiarityRecords: recordedModels(results).map(recordName),
  });

/** What `report.json` holds. @throws DataError when it is damaged. The report is made anew, for JSON knows no NaN. */
export function readResult(text: string): ExperimentResult {
  const {
    experiment,
    surroundings: environment,
    questions,
    results,
    notices,
  } = readCheckedJson(text, 'report.json').value as unknown as ExperimentReport &
    Pick<ExperimentResult, 'questions' | 'results'>;
  const ofToday = results.flatMap(stagesOfToday);
  // Reports of earlier versions have none.
  const inputs = { experiment, task: questions, notices: (notices as Notice[] | undefined) ?? [] };
  return experimentResult(inputs, ofToday, environment);
}

const experimentJson = (experiment: Experiment) => `${JSON.stringify(experiment, null, 2)}\n`;
