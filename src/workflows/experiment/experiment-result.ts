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
import {
  recordedModels,
  recordName,
  type SetMeasurement,
} from '../../experiment/run/measurement.ts';
import type { StageResult, ResultStore } from '../../experiment/run/results.ts';
import type { Notice } from '../../notices.ts';
import type { Experiment } from '../../experiment/spec/schema.ts';
import type { TextTable } from '../../experiment/report/table.ts';
import type { TaskQuestions } from '../../experiment/run/task.ts';
import { tablesOf } from '../../experiment/report/tables.ts';
import type { PromptSettings } from '../../tokenizer/prompt-format.ts';
import { stagesOfToday } from './earlier-results.ts';
import type { ExperimentInputs } from './experiment-inputs.ts';
import { decodeStage, encodeStage } from './stage-state.ts';
import { fingerprintOf } from '../open/fingerprint.ts';
import { VERSION } from '../open/version.ts';

/** Files by name, each written whole or not at all. */
export interface ResultFiles {
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
  readBytes(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  writeBytes(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Those of texts. */
export type TextFiles = Pick<ResultFiles, 'read' | 'write'>;

const STAMP = 'fingerprint.txt';
const UNDER_WAY = 'stage-under-way';
/** "pieces" is the name that stages have had on disk from the start. */
const stageName = (id: string) => `pieces/${id}.json`;
const measurementName = (id: string) => `measured/${id}.json`;

/**
 * Opens the results that are kept, or begins.
 * @param place names it in an error
 * @throws DataError when what is kept is of another experiment, model, engine or version
 */
export async function openResults(
  files: ResultFiles,
  place: string,
  experiment: Experiment,
  fingerprint: string,
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
    ...keptMeasurements(files),
    read: async (id) => {
      const text = await files.read(stageName(id));
      return text === undefined ? undefined : (JSON.parse(text) as StageResult);
    },
    underWay: {
      read: async (id) => {
        const bytes = await files.readBytes(UNDER_WAY);
        return bytes && decodeStage(id, bytes);
      },
      write: async (id, state) => files.writeBytes(UNDER_WAY, await encodeStage(id, state)),
      clear: () => files.remove(UNDER_WAY),
    },
    write: (result) => files.write(stageName(result.id), JSON.stringify(result)),
  };
  for (const { id } of experiment.models) await renew(store, `familiarity.${id}`);
  return store;
}

/** Every token's NLL of the stages that were measured, also of results that are not open. */
export function keptMeasurements(
  texts: TextFiles,
): Pick<ResultStore, 'readMeasurement' | 'writeMeasurement'> {
  return {
    readMeasurement: async (id) => {
      const text = await texts.read(measurementName(id));
      return text === undefined ? undefined : (JSON.parse(text) as SetMeasurement);
    },
    writeMeasurement: (id, one) => texts.write(measurementName(id), JSON.stringify(one)),
  };
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
  JSON.stringify({
    ...report,
    questions,
    results,
    familiarityRecords: recordedModels(results).map(recordName),
  });

/** What `report.json` holds; the report is made anew, for JSON knows no NaN. */
export function readResult(text: string): ExperimentResult {
  const {
    experiment,
    surroundings: environment,
    questions,
    results,
    notices,
  } = JSON.parse(text) as ExperimentReport & Pick<ExperimentResult, 'questions' | 'results'>;
  const ofToday = results.flatMap(stagesOfToday);
  // Reports of earlier versions have none.
  const inputs = { experiment, task: questions, notices: (notices as Notice[] | undefined) ?? [] };
  return experimentResult(inputs, ofToday, environment);
}

const experimentJson = (experiment: Experiment) => `${JSON.stringify(experiment, null, 2)}\n`;
