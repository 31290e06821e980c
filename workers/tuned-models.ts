/**
 * What training made of the open model: adapters that stand beside its weights, and fully fine-tuned
 * runs, whose weights take the place of the model's for as long as they are asked.
 */
import { DataError } from '../src/errors.ts';
import { readPeftAdapter } from '../src/exchange/peft-read.ts';
import { adapterFromValues, type LoraAdapter } from '../src/lora/adapter.ts';
import { adapterFiles } from '../src/workflows/train/adapter-files.ts';
import { modelFiles } from '../src/workflows/train/model-files.ts';
import type { OpenModel } from '../src/workflows/open/open-model.ts';
import { prepareRun } from '../src/workflows/train/training-run.ts';
import { blobSource } from '../src/storage/byte-source.ts';
import type { RunStore } from '../src/storage/run-store.ts';
import { restoreCheckpoint } from '../src/train/checkpoint.ts';
import { createOptimizer, disposeOptimizer } from '../src/train/optimizer.ts';
import type { AdapterSummary, NamedBytes, TrainRequest } from './protocol.ts';
import type { PlannedRuns } from './planned-runs.ts';
import { readCheckpoint } from './train-run.ts';
import type { Workbench } from './workbench.ts';

/** The open model with what a run or an adapter makes of it. */
export interface Tuned {
  opened: OpenModel;
  adapter: LoraAdapter | undefined;
}

export class TunedModels {
  readonly #adapters = new Map<string, LoraAdapter>();
  /** Fully fine-tuned runs, by what they were started with; their weights are read when asked for. */
  readonly #full = new Map<string, TrainRequest>();
  readonly #bench: Workbench;
  readonly #plans: PlannedRuns;
  readonly #store: () => Promise<RunStore>;

  constructor(bench: Workbench, plans: PlannedRuns, store: () => Promise<RunStore>) {
    this.#bench = bench;
    this.#plans = plans;
    this.#store = store;
  }

  /** @throws DataError when nothing of that name is loaded */
  async tuned(id: string | undefined): Promise<Tuned> {
    const request = id === undefined ? undefined : this.#full.get(id);
    if (request) return this.#restore(request);
    const opened = await this.#bench.baseModel();
    const adapter = id === undefined ? undefined : this.#adapters.get(id);
    if (id !== undefined && !adapter) {
      throw new DataError(`The adapter ${id} is not loaded; train or import it again.`);
    }
    return { opened, adapter };
  }

  keep(id: string, adapter: LoraAdapter): void {
    this.#adapters.get(id)?.dispose();
    this.#adapters.set(id, adapter);
  }

  /** Makes a run ready to be asked, from its last checkpoint; nothing when it is. */
  async load(request: TrainRequest): Promise<void> {
    if (this.#adapters.has(request.runId) || this.#full.has(request.runId)) return;
    const { adapter } = await this.#restore(request);
    if (adapter) this.keep(request.runId, adapter);
    else this.#full.set(request.runId, request);
  }

  /** PEFT's files of an adapter, or a whole model in Hugging Face layout. */
  async files(id: string): Promise<NamedBytes[]> {
    const { opened, adapter } = await this.tuned(id);
    return adapter ? adapterFiles(opened, adapter) : modelFiles(opened);
  }

  async bring(name: string, files: readonly File[]): Promise<AdapterSummary> {
    const { model } = await this.#bench.baseModel();
    const sources = new Map(files.map((file) => [file.name, blobSource(file.name, file)]));
    const { settings, values, saved, notices } = await readPeftAdapter(sources, model);
    const adapter = adapterFromValues(model, settings, values, saved);
    const id = `imported/${name}`;
    this.keep(id, adapter);
    const { rank, alpha } = settings;
    const targets = [...adapter.targetModules];
    return {
      id,
      name,
      rank,
      alpha,
      targets,
      parameters: adapter.parameterCount,
      notices,
    };
  }

  forget(id: string): void {
    this.#adapters.get(id)?.dispose();
    this.#adapters.delete(id);
    this.#full.delete(id);
  }

  /** When the model they were made for goes. */
  clear(): void {
    for (const id of [...this.#adapters.keys(), ...this.#full.keys()]) this.forget(id);
  }

  /** The run's weights, in an adapter of its own or in place of the model's. */
  async #restore(request: TrainRequest): Promise<Tuned> {
    const full = request.training.method === 'full';
    const opened = full ? await this.#bench.trainableModel() : await this.#bench.baseModel();
    const plan = await this.#plans.plan(opened, request, this.#bench.engine.memoryBytes);
    const { job, adapter } = await prepareRun(opened, request, plan);
    const optimizer = createOptimizer(job.parameters);
    try {
      const checkpoint = await readCheckpoint(await this.#store(), request.runId);
      if (!checkpoint) throw new DataError('There is no checkpoint of this run.');
      restoreCheckpoint(checkpoint, job.facts, job.parameters, optimizer);
      return { opened, adapter };
    } catch (error) {
      adapter?.dispose();
      throw error;
    } finally {
      disposeOptimizer(optimizer);
    }
  }
}
