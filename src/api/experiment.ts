/** A whole experiment: models × response sets × seeds, measured, trained, tested and reported. */
import { fileAt, modelFilesAt, pathFrom, platformName } from '#platform';
import { DataError } from '../errors.ts';
import { planExperiment } from '../experiment/spec/plan.ts';
import { isPreset, presetExperiment } from '../experiment/spec/presets.ts';
import {
  parseExperiment,
  readExperiment,
  type ExperimentInput,
} from '../experiment/spec/schema.ts';
import type { SetMeasurement } from '../experiment/run/measurement.ts';
import type { ResultStore, StageResult } from '../experiment/run/results.ts';
import { runExperiment as runStages } from '../experiment/run/run.ts';
import { readText } from '../storage/byte-source.ts';
import { experimentBackend } from '../workflows/experiment/experiment-backend.ts';
import { readInputs } from '../workflows/experiment/experiment-inputs.ts';
import {
  experimentResult,
  resultFiles,
  environmentOf,
  type ExperimentResult,
} from '../workflows/experiment/experiment-result.ts';
import { recordFiles } from '../workflows/experiment/familiarity-records.ts';
import { enginePrecision, openModel } from '../workflows/open/open-model.ts';
import { hostOf, type CallOptions } from './host.ts';
import { DEFAULT_PROMPT } from './measure.ts';
import { runningEngine } from './model.ts';

export interface ExperimentOptions extends CallOptions {
  /** Folder (address or path) of the models that an experiment names without a source. */
  models?: string;
}

export interface FinishedExperiment extends ExperimentResult {
  /** experiment.json, report.json, report.html and each model's familiarity record, by name. */
  files: Record<string, string>;
}

/**
 * Runs every stage of an experiment, in memory.
 * @param from a preset's name, the address or path of an experiment file (paths in it are meant from
 *   there), or what such a file holds
 * @throws DataError for a file that cannot be read or names what is not there; the first error of a stage
 */
export async function runExperiment(
  from: string | ExperimentInput,
  { models: folder = 'models', signal, onProgress }: ExperimentOptions = {},
): Promise<FinishedExperiment> {
  const engine = runningEngine();
  const base = typeof from === 'string' && !isPreset(from) ? pathFrom(from, '..') : '.';
  const experiment = await read(from);
  const inputs = await readInputs(experiment, {
    model: ({ id, source }) =>
      modelFilesAt(source === undefined ? `${folder}/${id}` : pathFrom(base, source)),
    file: (path) => fileAt(pathFrom(base, path)),
  });
  const backend = experimentBackend(hostOf(signal), {
    memoryLimitBytes: engine.memoryBytes,
    prompt: DEFAULT_PROMPT,
    openModel: ({ id, precision = 'as-stored' }) =>
      openModel(inputs.models.get(id)!, {
        precision: enginePrecision(engine, precision),
        trainable: false,
        maxTensorBytes: engine.maxTensorBytes,
        report: () => Promise.resolve(),
      }),
  });
  const kept = new Map<string, StageResult>();
  const measured = new Map<string, SetMeasurement>();
  const store: ResultStore = {
    read: (id) => Promise.resolve(kept.get(id)),
    write: (result) => {
      kept.set(result.id, result);
      return Promise.resolve();
    },
    readMeasurement: (id) => Promise.resolve(measured.get(id)),
    writeMeasurement: (id, measurement) => {
      measured.set(id, measurement);
      return Promise.resolve();
    },
  };
  const total = planExperiment(experiment).length;
  const { task, sets } = inputs;
  const stages = runStages({
    ...{ experiment, task, files: sets, backend, store },
    report: () => Promise.resolve(),
  });
  for await (const end of stages) {
    if ('error' in end) throw end.error;
    onProgress?.(kept.size, total);
  }
  const environment = await environmentOf(inputs, engine, DEFAULT_PROMPT, platformName);
  const result = experimentResult(inputs, [...kept.values()], environment);
  return { ...result, files: { ...resultFiles(result), ...(await recordFiles(result, store)) } };
}

async function read(from: string | ExperimentInput) {
  if (typeof from !== 'string') return readExperiment(from, 'the experiment');
  if (isPreset(from)) return presetExperiment(from);
  const file = await fileAt(from);
  if (!file) throw new DataError(`There is no experiment file ${from}.`);
  return parseExperiment(await readText(file), from);
}
