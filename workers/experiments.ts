/**
 * Experiments in the worker: one is open at a time, carried out stage by stage in the order the page
 * asks for, with the backend of the command, so that the same engine and seeds give the same numbers.
 * Loaded when the first one is asked for.
 */
import type { Precision } from '../models/precision.ts';
import type { EngineReport } from '../src/engine/config.ts';
import type { Host } from '../src/host.ts';
import { DataError, StorageError, StoppedError } from '../src/errors.ts';
import { sizesOf, type UnitCosts } from '../src/experiment/run/estimate.ts';
import { planExperiment } from '../src/experiment/spec/plan.ts';
import type { ExperimentReport, Environment } from '../src/experiment/report/report.ts';
import type { StageResult, ResultStore } from '../src/experiment/run/results.ts';
import { ExperimentRunner, type StageProgress } from '../src/experiment/run/runner.ts';
import type { ModelSpec } from '../src/experiment/spec/schema.ts';
import { experimentBackend } from '../src/workflows/experiment/experiment-backend.ts';
import {
  readInputs,
  type ExperimentInputs,
} from '../src/workflows/experiment/experiment-inputs.ts';
import {
  experimentResult,
  openResults,
  readResult,
  reportJson,
  resultFiles,
  environmentOf,
  type ExperimentResult,
  type ResultFiles,
} from '../src/workflows/experiment/experiment-result.ts';
import { keptMeasurements } from '../src/workflows/experiment/kept-results.ts';
import { recordFiles } from '../src/workflows/experiment/familiarity-records.ts';
import { enginePrecision, openModel, type OpenModel } from '../src/workflows/open/open-model.ts';
import { blobSource, textSource } from '../src/storage/byte-source.ts';
import type { ModelFiles } from '../src/storage/model-files.ts';
import { noteName } from '../src/storage/notes.ts';
import type { RunStore } from '../src/storage/run-store.ts';
import { trialCosts } from './experiment-trial.ts';
import { breathingRarely } from './worker-host.ts';
import type {
  ExperimentOpening,
  ExperimentRequest,
  ExperimentProgress,
  NamedBytes,
  LoadProgress,
  ModelSource,
} from './protocol.ts';
import { notice } from '../src/notices.ts';

/** What the worker lends to the open experiment. */
export interface ExperimentParts {
  engine(): EngineReport;
  store(): Promise<RunStore>;
  modelFiles(source: ModelSource, report: ReportLoad): Promise<ModelFiles>;
  /** The model that is open already, when it was opened from there in this precision. */
  openedFrom(source: ModelSource, precision: Precision): Promise<OpenModel | undefined>;
}

/** Bytes of a model's files as they come. */
type ReportLoad = (progress: LoadProgress) => Promise<void>;

interface Opened {
  request: ExperimentRequest;
  inputs: ExperimentInputs;
  environment: Environment;
  kept: ResultStore;
  runner: ExperimentRunner;
}

/** What the page hears at most so often, ms. */
const REPORT_EVERY = 100;
/** Messages of the page, a stop among them, are let in so often, ms. */
const BREATHE_EVERY = 25;
const REPORT = 'report.json';

export class Experiments {
  #opened: Opened | undefined;
  /** Where progress goes while a stage is done. */
  #report: (doing: StageProgress) => Promise<void> = () => Promise.resolve();
  readonly #host: Host;
  readonly #parts: ExperimentParts;

  constructor(host: Host, parts: ExperimentParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** @throws DataError for files that are missing or do not fit, and for results of other settings */
  async open(request: ExperimentRequest, report: ReportLoad): Promise<ExperimentOpening> {
    this.close();
    const inputs = await this.#inputs(request, report);
    const notices = [...inputs.notices];
    const platform = navigator.userAgent;
    const engine = this.#parts.engine();
    const environment = await environmentOf(inputs, engine, request.prompt, platform);
    const store = await this.#parts.store();
    if (store.refused !== undefined) notices.push(notice('info', store.refused));
    const texts = textFiles(store, request.id);
    const { experiment } = inputs;
    const kept = await openResults(
      texts,
      'this browser',
      experiment,
      environment.fingerprint,
      (one) => notices.push(one),
    );
    const { task, sets: files } = inputs;
    const runner = new ExperimentRunner({
      ...{ experiment, task, files },
      backend: this.#backend(request, inputs),
      store: kept,
      report: (doing) => this.#report(doing),
    });
    this.#opened = { request, inputs, environment, kept, runner };
    const done: ExperimentOpening['done'] = [];
    for (const stage of planExperiment(experiment)) {
      if ((await kept.read(stage.id)) === undefined) continue;
      const { result } = await runner.settle(stage);
      done.push({ id: stage.id, seconds: secondsOf(result) });
    }
    return { done, sizes: sizesOf(task), notices };
  }

  /** @returns the seconds it took, now or when it was done */
  async settle(
    stageId: string,
    report: (doing: ExperimentProgress) => Promise<void>,
  ): Promise<number> {
    const { runner, inputs } = this.#need();
    const stage = planExperiment(inputs.experiment).find(({ id }) => id === stageId);
    if (!stage) throw new DataError(`The experiment has no stage ${stageId}.`);
    if (this.#host.stopRequested()) throw new StoppedError('Stopped.');
    let lastReport = -Infinity;
    let last = '';
    this.#report = async ({ what, done, total, step }) => {
      if (this.#host.stopRequested()) throw new StoppedError('Stopped.');
      const now = performance.now();
      if (what === last && now - lastReport < REPORT_EVERY && done < total) return;
      [lastReport, last] = [now, what];
      await report({ what, done, total, ...(step && { step }) });
    };
    try {
      return secondsOf((await runner.settle(stage)).result);
    } finally {
      this.#report = () => Promise.resolve();
    }
  }

  /** What is known so far, or what was kept of one that is not open; undefined when there is nothing. */
  async result(id: string): Promise<ExperimentResult | undefined> {
    const store = await this.#parts.store();
    const texts = textFiles(store, id);
    const opened = this.#opened;
    if (opened?.request.id !== id) {
      const text = await texts.read(REPORT);
      return text === undefined ? undefined : readResult(text);
    }
    const { inputs, kept, environment } = opened;
    const results: StageResult[] = [];
    for (const stage of planExperiment(inputs.experiment)) {
      const result = await kept.read(stage.id);
      if (result) results.push(result);
    }
    const result = experimentResult(inputs, results, environment);
    await texts.write(REPORT, reportJson(result));
    return result;
  }

  /** The files that the command writes, by the same names; report.html with the reference. */
  async files(id: string, reference?: ExperimentReport): Promise<NamedBytes[]> {
    const result = await this.result(id);
    if (!result) throw new DataError('There is nothing to report yet.');
    const encoder = new TextEncoder();
    // A measurement that is damaged now is named in the record that lacks it.
    const measured = keptMeasurements(textFiles(await this.#parts.store(), id), () => undefined);
    const files = { ...resultFiles(result, reference), ...(await recordFiles(result, measured)) };
    return Object.entries(files).map(([name, text]) => ({
      name,
      bytes: encoder.encode(text),
    }));
  }

  async estimate(request: ExperimentRequest): Promise<UnitCosts> {
    const inputs = await this.#inputs(request, () => Promise.resolve());
    return trialCosts(inputs, this.#backend(request, inputs));
  }

  /** Frees the model of the open experiment; what is kept stays. */
  close(): void {
    this.#opened?.runner.close();
    this.#opened = undefined;
  }

  #inputs(request: ExperimentRequest, report: ReportLoad): Promise<ExperimentInputs> {
    const { experiment, sources, files } = request;
    return readInputs(experiment, {
      model: async ({ id }) => {
        const source = sources[id];
        return source && this.#parts.modelFiles(source, report);
      },
      file: (path) => {
        const file = files[path];
        if (file === undefined) return Promise.resolve(undefined);
        return Promise.resolve(
          typeof file === 'string' ? textSource(path, file) : blobSource(path, file),
        );
      },
    });
  }

  #backend({ sources, prompt }: ExperimentRequest, { models }: ExperimentInputs) {
    const engine = this.#parts.engine();
    return experimentBackend(breathingRarely(this.#host, BREATHE_EVERY), {
      prompt,
      memoryLimitBytes: engine.memoryBytes,
      openModel: async ({ id, precision = 'as-stored' }: ModelSpec) => {
        // The page's own model is held as stored; it stays open when the experiment is through with it.
        const open = await this.#parts.openedFrom(sources[id]!, precision);
        if (open) return { ...open, model: { ...open.model, dispose: () => undefined } };
        return openModel(models.get(id)!, {
          precision: enginePrecision(engine, precision),
          trainable: false,
          maxTensorBytes: engine.maxTensorBytes,
          report: () => Promise.resolve(),
        });
      },
    });
  }

  #need(): Opened {
    if (!this.#opened) throw new DataError('No experiment is open.');
    return this.#opened;
  }
}

function secondsOf({ seconds }: StageResult): number {
  return typeof seconds === 'number' ? seconds : seconds.training + seconds.evaluation;
}

/** The browser's files of one experiment, by name. */
function textFiles(store: RunStore, id: string): ResultFiles {
  return {
    read: async (name) => {
      const bytes = await store.read(id, noteName(name));
      return bytes && new TextDecoder().decode(bytes);
    },
    write: (name, text) => store.write(id, noteName(name), new TextEncoder().encode(text)),
    // The file itself is written anew with the result; its slots may be all that is damaged.
    setAside: async (name, as) => {
      const bytes = await store.read(id, noteName(name)).catch(unlessDamaged);
      if (bytes) await store.write(id, noteName(as), bytes);
    },
    readBytes: async (name) => {
      const bytes = await store.read(id, noteName(name));
      return bytes?.length === 0 ? undefined : bytes;
    },
    writeBytes: (name, bytes) => store.write(id, noteName(name), bytes),
    // The store removes whole experiments only.
    remove: (name) => store.write(id, noteName(name), new Uint8Array()),
  };
}

function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof StorageError)) throw error;
}
