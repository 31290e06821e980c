/**
 * Where runs outlive the page: records, the data they were started with, and their logs in chunks
 * that are only appended, so that a point costs a small write however long the run is.
 */
import type { StepLog } from '../metrics/step-report.ts';
import type { TrainRequest } from '../../workers/protocol.ts';
import { PageDatabase, type BadRecord, type Kept } from './database.ts';
import { chunkOf, cutChunk, joinChunks, type JoinedLog, type LogChunk } from './log-chunks.ts';
import type { RunRecord } from './run-record.ts';
import { runStores } from './run-schemas.ts';

export interface ArchivedRun extends JoinedLog {
  record: RunRecord;
}

export class RunArchive {
  readonly #database: PageDatabase<typeof runStores>;

  constructor(name = 'idiolect-runs', options: { retryMs?: number } = {}) {
    this.#database = new PageDatabase(name, 1, runStores, options);
  }

  get kept(): Kept {
    return this.#database;
  }

  /** Calls back when something cannot be read or written, and when it can again. */
  onchange(listener: (kept: Kept) => void): () => void {
    return this.#database.onchange(listener);
  }

  async load(): Promise<ArchivedRun[]> {
    const records = await this.#database.all('runs');
    return Promise.all(
      records.map(async (record) => {
        const chunks = await this.#database.all('chunks', record.id);
        return { record, ...joinChunks(chunks) };
      }),
    );
  }

  put(record: RunRecord): Promise<void> {
    return this.#database.write([{ store: 'runs', put: record }]);
  }

  /** What the run was started with, answers included: needed to go on after a reload. */
  putRequest(request: TrainRequest): Promise<void> {
    return this.#database.write([{ store: 'requests', put: request }]);
  }

  request(runId: string): Promise<TrainRequest | undefined> {
    return this.#database.get('requests', runId);
  }

  append(chunk: LogChunk): Promise<void> {
    return this.#database.write([{ store: 'chunks', put: chunk }]);
  }

  /** Forgets rows from `length` on. */
  async truncate(runId: string, length: number): Promise<void> {
    const changes = (await this.#database.all('chunks', runId)).flatMap((chunk) => {
      const cut = cutChunk(chunk, length);
      if (cut === chunk) return [];
      const key = [runId, chunk.from] as const;
      return [
        cut === undefined
          ? ({ store: 'chunks', delete: key } as const)
          : ({ store: 'chunks', put: cut } as const),
      ];
    });
    if (changes.length > 0) await this.#database.write(changes);
  }

  /** The whole log anew, as when rows of it were lost. */
  replaceLog(runId: string, log: StepLog): Promise<void> {
    return this.#database.write([
      { store: 'chunks', deleteGroup: runId },
      { store: 'chunks', put: chunkOf(runId, log, 0) },
    ]);
  }

  delete(runId: string): Promise<void> {
    return this.#database.write([
      { store: 'runs', delete: runId },
      { store: 'requests', delete: runId },
      { store: 'chunks', deleteGroup: runId },
    ]);
  }

  /** Deletes what cannot be read; of a run everything that belongs to it. */
  async forget(bad: BadRecord): Promise<void> {
    if (bad.store === 'runs' && typeof bad.key === 'string') await this.delete(bad.key);
    await this.#database.forget(bad);
  }
}
