/**
 * What the worker works with: the engine that runs and the model that is open on it, opened again
 * whenever full fine-tuning has left its own weights behind or the graphics processor was lost.
 */
import { backend } from '@tensorflow/tfjs-core';
import type { Precision } from '../models/precision.ts';
import type { EngineName, EngineReport } from '../src/engine/config.ts';
import { DataError, GpuLostError, StoppedError } from '../src/errors.ts';
import { enginePrecision, readModel, type OpenModel } from '../src/workflows/open/open-model.ts';
import type { ModelFiles } from '../src/storage/model-files.ts';
import { modelFilesOf, sameSource } from './model-source.ts';
import { usualFormat } from './model-summary.ts';
import type { Host } from '../src/host.ts';
import type { LoadProgress, ModelSource } from './protocol.ts';
import { startEngine } from './start-engine.ts';
import type { Notice } from '../src/notices.ts';

/** What the model is opened from, and how. */
interface Wanted {
  source: ModelSource;
  precision: Precision;
  trainable: boolean;
}

type Report = (progress: LoadProgress) => Promise<void>;

/** Whatever else holds tensors of the engine or of the model must let go of them now. */
type Release = (what: 'engine' | 'model') => void;

export class Workbench {
  /** What opening the model had to say. */
  notices: Notice[] = [];
  #engine: EngineReport | undefined;
  /** What the person asked for. */
  #preferred: EngineName | 'auto' = 'auto';
  #model: OpenModel | undefined;
  /** What the model was opened from, to open it again. */
  #source: Wanted | undefined;
  /** Ends a download that is under way. */
  #download = new AbortController();
  readonly #host: Host;
  readonly #release: Release;

  constructor(host: Host, release: Release) {
    this.#host = host;
    this.#release = release;
  }

  /** @throws DataError before an engine was started */
  get engine(): EngineReport {
    if (!this.#engine) throw new DataError('No engine is running yet.');
    return this.#engine;
  }

  /** The model as it is, base or trainable. @throws DataError before one was opened */
  get opened(): OpenModel {
    if (!this.#model) throw new DataError('No model is open yet.');
    return this.#model;
  }

  /** @throws GpuUnavailableError; the engine before it runs again then, with its model */
  async start(preferred: EngineName | 'auto'): Promise<EngineReport> {
    const before = this.#engine;
    this.#stop();
    try {
      this.#engine = await startEngine(preferred);
    } catch (error) {
      if (before) this.#engine = await startEngine(before.name);
      if (before) await this.#bringBack();
      throw error;
    }
    this.#preferred = preferred;
    return this.#engine;
  }

  /** Opens a model in place of the open one, which stays when that fails. */
  async open(source: ModelSource, precision: Precision, report: Report): Promise<void> {
    await this.#open({ source, precision, trainable: false }, report);
    this.#release('model');
  }

  /** What is open just now, for one whose call has failed. */
  get current(): {
    engine: EngineReport | undefined;
    model: OpenModel | undefined;
    precision: Precision;
  } {
    const precision = this.#source?.precision ?? 'as-stored';
    return { engine: this.#engine, model: this.#model, precision };
  }

  /** The model with the weights it came with. */
  async baseModel(): Promise<OpenModel> {
    if (this.#source?.trainable === true) await this.#openAgain(false);
    return this.opened;
  }

  /** The model with every weight fresh and as a variable, for full fine-tuning. */
  async trainableModel(): Promise<OpenModel> {
    await this.#openAgain(true);
    return this.opened;
  }

  /** The base model, when it was opened from there in this precision. */
  async baseModelOf(source: ModelSource, precision: Precision): Promise<OpenModel | undefined> {
    const opened = this.#source;
    if (opened?.precision !== precision || !sameSource(opened.source, source)) return undefined;
    return this.baseModel();
  }

  modelFiles(source: ModelSource, report: Report): Promise<ModelFiles> {
    const { signal } = (this.#download = new AbortController());
    const onNotice = (notice: Notice): void => void this.notices.push(notice);
    return modelFilesOf(source, { report, signal, onNotice });
  }

  stopDownload(): void {
    this.#download.abort();
  }

  /**
   * A working engine with the model open again, after the device was lost: the same kind once more,
   * else, or when it was lost `again`, the next rung.
   */
  async recover(loss: GpuLostError, again: boolean): Promise<EngineReport> {
    const trainable = this.#source?.trainable ?? false;
    this.#stop();
    const reason = { webgpu: `${loss.message} It was not tried once more.` };
    try {
      if (again) throw loss;
      this.#engine = await startEngine(this.#preferred);
    } catch {
      this.#engine = await startEngine('auto', reason);
    }
    await this.#openAgain(trainable);
    return this.#engine;
  }

  async #openAgain(trainable: boolean): Promise<void> {
    if (this.#source) await this.#open({ ...this.#source, trainable }, () => Promise.resolve());
  }

  async #open(wanted: Wanted, report: Report): Promise<void> {
    const { notices } = this;
    try {
      if (this.#host.stopRequested()) throw new StoppedError('Stopped.');
      await this.#load(wanted, report);
    } catch (error) {
      this.notices = notices;
      // A lost device is started anew first, with the model.
      if (!(error instanceof GpuLostError)) await this.#bringBack();
      throw error;
    }
  }

  /** Two models may be too many for the memory: the open one goes when the other is known to fit together. */
  async #load(wanted: Wanted, report: Report): Promise<void> {
    const { engine } = this;
    this.notices = [];
    const read = await readModel(await this.modelFiles(wanted.source, report));
    usualFormat(read.tokenizer);
    this.#close();
    const began = performance.now();
    this.#model = await read.load({
      precision: enginePrecision(engine, wanted.precision),
      trainable: wanted.trainable,
      maxTensorBytes: engine.maxTensorBytes,
      report: (bytesDone, bytesTotal, file) => {
        const bytesPerSecond = (1000 * bytesDone) / Math.max(1, performance.now() - began);
        const secondsLeft = (bytesTotal - bytesDone) / bytesPerSecond;
        const speed = { bytesPerSecond, secondsLeft };
        return report({ phase: 'uploading', file, bytesDone, bytesTotal, ...speed });
      },
    });
    this.#source = wanted;
  }

  /** Opens again what was open, if it no longer is. The failure that led here is the one to be thrown. */
  async #bringBack(): Promise<void> {
    if (this.#model !== undefined || this.#source === undefined) return;
    try {
      await this.#load({ ...this.#source, trainable: false }, () => Promise.resolve());
    } catch {
      this.#source = undefined;
    }
  }

  #stop(): void {
    this.#release('engine');
    this.#close();
    if (this.#engine?.name === 'wasm') (backend() as { dispose(): void }).dispose();
    this.#engine = undefined;
  }

  #close(): void {
    this.#model?.model.dispose();
    this.#model = undefined;
  }
}
