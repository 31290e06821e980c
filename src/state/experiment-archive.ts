/** Where the queue of experiments outlives the page; their results are kept by the worker. */
import { openDB, type DBSchema } from 'idb';
import type { UnitCosts, TaskSizes } from '../experiment/run/estimate.ts';
import type { ExperimentRequest } from '../../workers/protocol.ts';

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

export interface ExperimentArchive {
  load(): Promise<{ request: ExperimentRequest; progress: KeptProgress }[]>;
  /** Written once: it may hold files. */
  putRequest(request: ExperimentRequest): Promise<void>;
  put(progress: KeptProgress): Promise<void>;
  delete(id: string): Promise<void>;
}

interface Schema extends DBSchema {
  requests: { key: string; value: ExperimentRequest };
  progress: { key: string; value: KeptProgress };
}

/** The browser's database, or memory when it refuses. */
export async function openExperimentArchive(): Promise<ExperimentArchive> {
  try {
    const database = await openDB<Schema>('idiolect-experiments', 1, {
      upgrade(fresh) {
        fresh.createObjectStore('requests', { keyPath: 'id' });
        fresh.createObjectStore('progress', { keyPath: 'id' });
      },
    });
    return {
      async load() {
        const requests = new Map(
          (await database.getAll('requests')).map((request) => [request.id, request]),
        );
        return (await database.getAll('progress')).flatMap((progress) => {
          const request = requests.get(progress.id);
          return request === undefined ? [] : [{ request, progress }];
        });
      },
      async putRequest(request) {
        await database.put('requests', request);
      },
      async put(progress) {
        await database.put('progress', progress);
      },
      async delete(id) {
        const change = database.transaction(['requests', 'progress'], 'readwrite');
        await Promise.all([
          change.objectStore('requests').delete(id),
          change.objectStore('progress').delete(id),
          change.done,
        ]);
      },
    };
  } catch {
    return memoryExperimentArchive();
  }
}

/** An archive that lasts as long as the page. */
export function memoryExperimentArchive(): ExperimentArchive {
  const requests = new Map<string, ExperimentRequest>();
  const progress = new Map<string, KeptProgress>();
  return {
    load: () =>
      Promise.resolve(
        [...progress.values()].map((kept) => ({
          request: requests.get(kept.id)!,
          progress: structuredClone(kept),
        })),
      ),
    putRequest(request) {
      requests.set(request.id, structuredClone(request));
      return Promise.resolve();
    },
    put(kept) {
      progress.set(kept.id, structuredClone(kept));
      return Promise.resolve();
    },
    delete(id) {
      requests.delete(id);
      progress.delete(id);
      return Promise.resolve();
    },
  };
}
