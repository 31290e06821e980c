/**
 * What the worker does for the page: opens models, measures, trains, answers, keeps runs. It only
 * wires library rooms together; every tensor lives here and none crosses to the page.
 */
import { backend } from '@tensorflow/tfjs-core';
import type { Precision } from '../models/precision.ts';
import { allocatedBytes } from '../src/engine/memory.ts';
import { DataError, GpuLostError, OutOfMemoryError, StoppedError } from '../src/errors.ts';
import type { EngineName, EngineReport } from '../src/engine/config.ts';
import { readPeftAdapter } from '../src/exchange/peft-read.ts';
import { generate } from '../src/generate/generate.ts';
import { adapterFromValues, type LoraAdapter } from '../src/lora/adapter.ts';
import { adapterFiles } from '../src/session/adapter-files.ts';
import { measureSets } from '../src/session/measure-sets.ts';
import { ownAnswers } from '../src/session/own-answers.ts';
import { enginePrecision, openLab, type OpenLab } from '../src/session/open-model.ts';
import { planRun, prepareRun, type RunRequest } from '../src/session/training-run.ts';
import { viewRow } from '../src/session/token-view.ts';
import { blobSource } from '../src/storage/byte-source.ts';
import { openRunStore, type RunStore } from '../src/storage/run-store.ts';
import { encodePrompt } from '../src/tokenizer/encode-pair.ts';
import { createPromptFormat } from '../src/tokenizer/prompt-format.ts';
import { restoreCheckpoint } from '../src/train/checkpoint.ts';
import { createOptimizer, disposeOptimizer } from '../src/train/optimizer.ts';
import type { Experiments } from './experiments.ts';
import { deleteModel, isModel, resumableRuns, storageReport } from './kept-files.ts';
import { modelFilesOf, sameSource } from './model-source.ts';
import { modelSummary } from './model-summary.ts';
import type {
  AdapterSummary,
  ExportedFile,
  GenerateProgress,
  GenerateRequest,
  GenerateResult,
  LoadProgress,
  MadeSet,
  MakeSetRequest,
  MeasureProgress,
  MeasureRequest,
  ModelSource,
  ModelSummary,
  SetFamiliarity,
  StorageReport,
  TokenView,
  TrainerApi,
  TrainEvent,
  TrainingPlan,
  TrainRequest,
  TrainSummary,
} from './protocol.ts';
import { startEngine } from './start-engine.ts';
import { checkpointStep, readCheckpoint, trainRun } from './train-run.ts';
import { secondsPerStep, secondsToMeasure } from './trials.ts';
import { Turns } from './turns.ts';

type Report<Progress> = (progress: Progress) => Promise<void>;

export class TrainerSession implements TrainerApi {
  #engine: EngineReport | undefined;
  /** What the person asked for. */
  #preferred: EngineName | 'auto' = 'auto';
  #lab: OpenLab | undefined;
  /** What the model was opened from, to open it again for full fine-tuning. */
  #opened: { source: ModelSource; precision: Precision; trainable: boolean } | undefined;
  readonly #adapters = new Map<string, LoraAdapter>();
  /** Ends a download that is under way. */
  #download = new AbortController();
  /** What opening the model had to say. */
  #notices: string[] = [];
  #store: Promise<RunStore> | undefined;
  #experiments: Experiments | undefined;
  /** Calls that use the engine wait for each other. */
  readonly #turns = new Turns();

  readonly startEngine = (preferred: EngineName | 'auto'): Promise<EngineReport> =>
    this.#alone(async () => {
      this.#preferred = preferred;
      this.#stopEngine();
      return (this.#engine = await startEngine(preferred));
    });

  readonly openModel = (
    source: ModelSource,
    precision: Precision,
    report: Report<LoadProgress>,
  ): Promise<ModelSummary> =>
    this.#alone(async () => {
      await this.#open(source, precision, false, report);
      return modelSummary(this.#needLab(), this.#notices);
    });

  readonly viewTokens: TrainerApi['viewTokens'] = (rows, prompt, encoding, maxLength) => {
    const { tokenizer, model } = this.#needLab();
    const format = createPromptFormat(tokenizer, prompt);
    const limit = Math.min(maxLength, model.shape.contextLength);
    const views: TokenView[] = rows.map((row) => viewRow(row, tokenizer, format, encoding, limit));
    return Promise.resolve(views);
  };

  readonly estimateMeasure = (request: MeasureRequest): Promise<number> =>
    this.#alone(async () => secondsToMeasure(await this.#baseLab(), request));

  readonly measure = (
    request: MeasureRequest,
    report: Report<MeasureProgress>,
  ): Promise<SetFamiliarity[]> =>
    this.#alone(async () => {
      const lab = await this.#baseLab();
      const adapter = this.#adapter(request.adapterId);
      return measureSets(lab, { ...request, adapter }, this.#host(), report);
    });

  readonly ownAnswers: TrainerApi['ownAnswers'] = ({ prompt, ...request }, report) =>
    this.#alone(async () =>
      ownAnswers(await this.#baseLab(), request, { ...this.#host(), prompt }, report),
    );

  readonly planTraining = (request: TrainRequest): Promise<TrainingPlan> =>
    this.#alone(async () => {
      const lab = await this.#labFor(request);
      const engine = this.#needEngine();
      const plan = planRun(lab, request, engine.memoryBytes);
      return {
        trainableParameters: plan.trainableParameters,
        allParameters: lab.model.shape.parameters,
        trainingRows: plan.examples.length,
        validationRows: plan.validation.length,
        droppedRows: plan.skipped,
        trainedTokensPerEpoch: plan.trainedTokensPerEpoch,
        epochs: plan.epochs,
        memoryBytes: plan.memory.total,
        memoryLimitBytes: engine.memoryBytes,
        secondsPerStep: plan.problems.length > 0 ? 0 : await secondsPerStep(lab, request, plan),
        problems: plan.problems,
        notices: plan.notices,
      };
    });

  readonly train = (request: TrainRequest, report: Report<TrainEvent>): Promise<TrainSummary> =>
    this.#alone(() => this.#trainThroughLoss(request, report));

  readonly loadRun = (request: TrainRequest): Promise<void> =>
    this.#alone(async () => {
      const lab = await this.#labFor(request);
      const plan = planRun(lab, request, this.#needEngine().memoryBytes);
      const { job, adapter } = await prepareRun(lab, request, plan);
      if (!adapter) throw new DataError('Full fine-tuning leaves no adapter to load.');
      const optimizer = createOptimizer(job.parameters);
      try {
        const checkpoint = await readCheckpoint(await this.#runs(), request.runId);
        restoreCheckpoint(checkpoint, job.facts, job.parameters, optimizer);
      } catch (error) {
        adapter.dispose();
        throw error;
      } finally {
        disposeOptimizer(optimizer);
      }
      this.#keep(request.runId, adapter);
    });

  readonly generate = (
    { question, prompt, sampling, adapterId }: GenerateRequest,
    report: Report<GenerateProgress>,
  ): Promise<GenerateResult> =>
    this.#alone(async () => {
      const { model, tokenizer } = await this.#baseLab();
      const format = createPromptFormat(tokenizer, prompt);
      const ends =
        format.endId === undefined ? tokenizer.eosIds : [...tokenizer.eosIds, format.endId];
      const tokens: number[] = [];
      const began = performance.now();
      const progress = (): GenerateProgress => ({
        text: tokenizer.decode(tokens, { skipSpecialTokens: true }),
        tokens: tokens.length,
        tokensPerSecond: (1000 * tokens.length) / Math.max(1, performance.now() - began),
      });
      const host = this.#host();
      const [result] = await generate({
        model,
        adapter: this.#adapter(adapterId),
        prompts: [encodePrompt(tokenizer, format.prompt(question))],
        sampling,
        endIds: ends,
        stopRequested: host.stopRequested,
        onTokens: async ([token]) => {
          if (token !== undefined) tokens.push(token);
          await report(progress());
          await host.breathe();
        },
      });
      return { ...progress(), stopped: result!.stopped };
    });

  readonly makeSet = (
    request: MakeSetRequest,
    report: (done: number, total: number) => Promise<void>,
  ): Promise<MadeSet> =>
    this.#alone(async () => {
      const memory = {
        memoryBytes: allocatedBytes,
        memoryLimitBytes: this.#needEngine().memoryBytes,
      };
      const { makeAnswerSet } = await import('./set-maker.ts');
      return makeAnswerSet(await this.#baseLab(), request, { ...this.#host(), ...memory }, report);
    });

  readonly stop = (): Promise<void> => {
    this.#turns.stop();
    this.#download.abort();
    return Promise.resolve();
  };

  readonly exportAdapter = (adapterId: string): Promise<ExportedFile[]> =>
    this.#alone(() => adapterFiles(this.#needLab(), this.#adapter(adapterId)!));

  readonly importAdapter = (name: string, files: File[]): Promise<AdapterSummary> =>
    this.#alone(async () => {
      const { model } = await this.#baseLab();
      const sources = new Map(files.map((file) => [file.name, blobSource(file.name, file)]));
      const { settings, values, notices } = await readPeftAdapter(sources, model);
      const adapter = adapterFromValues(model, settings, values);
      const id = `imported/${name}`;
      this.#keep(id, adapter);
      return {
        id,
        name,
        rank: settings.rank,
        alpha: settings.alpha,
        targets: [...adapter.targetModules],
        parameters: adapter.parameterCount,
        notices,
      };
    });

  readonly deleteRun = async (runId: string): Promise<void> => {
    this.#adapters.get(runId)?.dispose();
    this.#adapters.delete(runId);
    await (await this.#runs()).remove(runId);
  };

  readonly resumableRuns: TrainerApi['resumableRuns'] = async () =>
    resumableRuns(await this.#runs());

  readonly storage = async (): Promise<StorageReport> => storageReport(await this.#runs());

  readonly deleteStored = (id: string): Promise<void> =>
    isModel(id) ? deleteModel(id) : this.deleteRun(id);

  readonly openExperiment: TrainerApi['openExperiment'] = (request, report) =>
    this.#alone(async () => (await this.#experiment()).open(request, report));

  readonly settlePiece: TrainerApi['settlePiece'] = (pieceId, report) =>
    this.#alone(async () => (await this.#experiment()).settle(pieceId, report));

  readonly closeExperiment = (): Promise<void> =>
    this.#alone(() => Promise.resolve(this.#experiments?.close()));

  readonly experimentResult: TrainerApi['experimentResult'] = async (id) =>
    (await this.#experiment()).result(id);

  readonly experimentFiles: TrainerApi['experimentFiles'] = async (id, reference) =>
    (await this.#experiment()).files(id, reference);

  readonly estimateExperiment: TrainerApi['estimateExperiment'] = (request) =>
    this.#alone(async () => (await this.#experiment()).estimate(request));

  /** Trains; when the graphics processor is lost, goes on from the last checkpoint, twice at most. */
  async #trainThroughLoss(
    request: TrainRequest,
    report: Report<TrainEvent>,
  ): Promise<TrainSummary> {
    let next = request;
    for (let losses = 1; ; losses++) {
      try {
        return await this.#train(next, report);
      } catch (error) {
        if (!(error instanceof GpuLostError) || losses > 2) throw error;
        const engine = await this.#recover(error, losses > 1);
        const begun = await checkpointStep(await this.#runs(), request.runId);
        next = { ...request, resume: begun !== undefined };
        await report({
          kind: 'notice',
          text: `${error.message} Nothing was lost but time: ${engine.device} goes on ${begun === undefined ? 'from the start' : `from step ${begun}`}.`,
        });
      }
    }
  }

  /**
   * A working engine with the model open again, after the device was lost: the same kind once more,
   * else the next rung.
   */
  async #recover(loss: GpuLostError, again: boolean): Promise<EngineReport> {
    const opened = this.#opened;
    this.#stopEngine();
    const reason = { webgpu: `${loss.message} It was not tried once more.` };
    try {
      if (again) throw loss;
      this.#engine = await startEngine(this.#preferred);
    } catch {
      this.#engine = await startEngine('auto', reason);
    }
    if (opened) await this.#reopen(opened.trainable);
    return this.#engine;
  }

  #stopEngine(): void {
    this.#experiments?.close();
    this.#close();
    if (this.#engine?.name === 'wasm') (backend() as { dispose(): void }).dispose();
    this.#engine = undefined;
  }

  async #train(request: TrainRequest, report: Report<TrainEvent>): Promise<TrainSummary> {
    const lab = await this.#labFor(request);
    const place = {
      lab,
      engine: this.#needEngine(),
      store: await this.#runs(),
      host: this.#host(),
      keep: (adapter: LoraAdapter) => this.#keep(request.runId, adapter),
    };
    return trainRun(place, request, report);
  }

  #keep(id: string, adapter: LoraAdapter): void {
    this.#adapters.get(id)?.dispose();
    this.#adapters.set(id, adapter);
  }

  /** The model with the weights it came with: full fine-tuning leaves its own behind. */
  async #baseLab(): Promise<OpenLab> {
    if (this.#opened?.trainable === true) await this.#reopen(false);
    return this.#needLab();
  }

  /** The model as this run needs it: full fine-tuning wants every weight fresh and as a variable. */
  async #labFor({ training }: RunRequest): Promise<OpenLab> {
    if (training.method !== 'full') return this.#baseLab();
    await this.#reopen(true);
    return this.#needLab();
  }

  /** The part that carries experiments out, loaded when it is first asked for. */
  async #experiment(): Promise<Experiments> {
    const { Experiments: Part } = await import('./experiments.ts');
    return (this.#experiments ??= new Part({
      engine: () => this.#needEngine(),
      store: () => this.#runs(),
      stopRequested: () => this.#stopRequested(),
      modelFiles: (source, report) => {
        const { signal } = (this.#download = new AbortController());
        return modelFilesOf(source, { report, signal, notice: (text) => this.#notices.push(text) });
      },
      openedFrom: async (source, precision) => {
        const opened = this.#opened;
        if (opened?.precision !== precision || !sameSource(opened.source, source)) return undefined;
        return this.#baseLab();
      },
    }));
  }

  async #reopen(trainable: boolean): Promise<void> {
    if (!this.#opened) return;
    const { source, precision } = this.#opened;
    await this.#open(source, precision, trainable, () => Promise.resolve());
  }

  async #open(
    source: ModelSource,
    precision: Precision,
    trainable: boolean,
    report: Report<LoadProgress>,
  ): Promise<void> {
    const engine = this.#needEngine();
    this.#close();
    this.#notices = [];
    this.#download = new AbortController();
    if (this.#stopRequested()) throw new StoppedError('Stopped.');
    const files = await modelFilesOf(source, {
      report,
      signal: this.#download.signal,
      notice: (text) => this.#notices.push(text),
    });
    const began = performance.now();
    this.#lab = await openLab(files, {
      precision: enginePrecision(engine, precision),
      trainable,
      maxTensorBytes: engine.maxTensorBytes,
      report: (bytesDone, bytesTotal, file) => {
        const bytesPerSecond = (1000 * bytesDone) / Math.max(1, performance.now() - began);
        const secondsLeft = (bytesTotal - bytesDone) / bytesPerSecond;
        return report({
          phase: 'uploading',
          file,
          bytesDone,
          bytesTotal,
          bytesPerSecond,
          secondsLeft,
        });
      },
    });
    this.#opened = { source, precision, trainable };
  }

  #adapter(id: string | undefined): LoraAdapter | undefined {
    if (id === undefined) return undefined;
    const adapter = this.#adapters.get(id);
    if (!adapter) throw new DataError(`The adapter ${id} is not loaded; train or import it again.`);
    return adapter;
  }

  #close(): void {
    for (const adapter of this.#adapters.values()) adapter.dispose();
    this.#adapters.clear();
    this.#lab?.model.dispose();
    this.#lab = undefined;
  }

  #needEngine(): EngineReport {
    if (!this.#engine) throw new DataError('No engine is running yet.');
    return this.#engine;
  }

  #needLab(): OpenLab {
    if (!this.#lab) throw new DataError('No model is open yet.');
    return this.#lab;
  }

  #runs(): Promise<RunStore> {
    return (this.#store ??= openRunStore());
  }

  #host() {
    return {
      now: () => performance.now(),
      stopRequested: () => this.#stopRequested(),
      breathe: () => new Promise<void>((resolve) => setTimeout(resolve, 0)),
    };
  }

  /** The engine is started again, so that the call may be made again. */
  async #afterLoss(loss: GpuLostError): Promise<GpuLostError> {
    const { device } = await this.#recover(loss, false);
    const advice = `Try once more: ${device} is ready, the model is open. Adapters must be trained on or imported again.`;
    return new GpuLostError(`${loss.message} ${advice}`, [], { cause: loss });
  }

  #stopRequested(): boolean {
    return this.#turns.stopRequested();
  }

  /** One long call at a time, in the order they were made. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.take(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof GpuLostError) throw await this.#afterLoss(error);
        throw plainError(error);
      }
    });
  }
}

/** What tfjs or the browser throw when memory runs out, as an error that says what to do. */
function plainError(error: unknown): unknown {
  if (error instanceof StoppedError || !(error instanceof RangeError)) return error;
  if (!/allocation|memory|buffer size/i.test(error.message)) return error;
  return new OutOfMemoryError(
    'The memory of this tab is used up. Choose a smaller model, shorter answers or a smaller batch.',
    [],
    { cause: error },
  );
}
