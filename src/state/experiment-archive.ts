/** Where the queue of experiments outlives the page; their results are kept by the worker. */
import * as v from 'valibot';
import type { UnitCosts, TaskSizes } from '../experiment/run/estimate.ts';
import { experimentSchema } from '../experiment/spec/schema.ts';
import type { ExperimentRequest } from '../../workers/protocol.ts';
import { PageDatabase, storeOf, type BadRecord, type DatabaseState } from './database.ts';

export interface StageFailure {
  name: string;
  message: string;
  problems: readonly string[];
}

/** How far an experiment is: small, written at every change. */
export interface KeptProgress {
  readonly id: string;
  /** ISO 8601; the queue goes by it until someone moves an experiment. */
  readonly addedAt: string;
  /** Among all that wait, the lowest is next. */
  place: number;
  /** It is to be carried out; false: paused, or at its end. */
  going: boolean;
  /** Stage ids, in the order in which they are done as soon as they can be. */
  order: readonly string[];
  /** Seconds of each finished stage. */
  done: Readonly<Record<string, number>>;
  cancelled: readonly string[];
  failed: Readonly<Record<string, StageFailure>>;
  /** From a trial, where there was one. */
  costs?: UnitCosts | undefined;
  /** Once it has been opened. */
  sizes?: TaskSizes | undefined;
}

const numbers = v.record(v.string(), v.number());
const failure = v.looseObject({
  name: v.string(),
  message: v.string(),
  problems: v.array(v.string()),
});

const progress = v.looseObject({
  id: v.string(),
  addedAt: v.string(),
  place: v.number(),
  going: v.boolean(),
  order: v.array(v.string()),
  done: numbers,
  cancelled: v.array(v.string()),
  failed: v.record(v.string(), failure),
  costs: v.optional(v.looseObject({})),
  sizes: v.optional(v.looseObject({})),
});

const request = v.looseObject({
  id: v.string(),
  experiment: experimentSchema,
  sources: v.record(v.string(), v.looseObject({ kind: v.string() })),
  files: v.record(v.string(), v.union([v.string(), v.blob()])),
  prompt: v.looseObject({ useChatTemplate: v.boolean(), plainTemplate: v.string() }),
});

const stores = {
  requests: storeOf<ExperimentRequest>('id', 'experiment', request),
  progress: storeOf<KeptProgress>('id', 'progress of an experiment', progress),
};

export interface KeptExperiment {
  request: ExperimentRequest;
  progress: KeptProgress;
}

export class ExperimentArchive {
  readonly #database: PageDatabase<typeof stores>;

  constructor(name = 'idiolect-experiments', options: { retryMs?: number } = {}) {
    this.#database = new PageDatabase(name, 1, stores, options);
  }

  /** Calls back when something cannot be read or written, and when it can again. */
  onchange(listener: (kept: DatabaseState) => void): () => void {
    return this.#database.onchange(listener);
  }

  async load(): Promise<KeptExperiment[]> {
    const requests = new Map(
      (await this.#database.all('requests')).map((request) => [request.id, request]),
    );
    return (await this.#database.all('progress')).flatMap((progress) => {
      const request = requests.get(progress.id);
      if (request !== undefined) return [{ request, progress }];
      this.#database.setAside('progress', progress.id, ['What it was to do is missing.']);
      return [];
    });
  }

  /** The request is written once: it may hold files. */
  add({ request, progress }: KeptExperiment): Promise<void> {
    return this.#database.write([
      { store: 'requests', put: request },
      { store: 'progress', put: progress },
    ]);
  }

  put(progress: KeptProgress): Promise<void> {
    return this.#database.write([{ store: 'progress', put: progress }]);
  }

  /** How far all of them are; undefined while the browser does not say. */
  async progress(): Promise<KeptProgress[] | undefined> {
    const all = await this.#database.all('progress');
    return this.#database.refused === undefined ? all : undefined;
  }

  request(id: string): Promise<ExperimentRequest | undefined> {
    return this.#database.get('requests', id);
  }

  delete(id: string): Promise<void> {
    return this.#database.write([
      { store: 'requests', delete: id },
      { store: 'progress', delete: id },
    ]);
  }

  /** Deletes what cannot be read, with what belongs to it. */
  async forget(bad: BadRecord): Promise<void> {
    if (typeof bad.key === 'string') await this.delete(bad.key);
    await this.#database.forget(bad);
  }
}
