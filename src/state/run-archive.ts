/**
 * Where runs outlive the page: records, the data they were started with, and their logs in chunks
 * that are only appended, so that a point costs a small write however long the run is.
 */
import type { TrainRequest } from '../../workers/protocol.ts';
import { PageDatabase, type BadRecord, type DatabaseState } from './database.ts';
import { joinChunks, type JoinedLog, type LogChunk } from './log-chunks.ts';
import type { RunRecord, WaitingRun } from './run-record.ts';
import { runStores } from './run-schemas.ts';

export interface ArchivedRun extends JoinedLog {
  record: RunRecord;
}

export class RunArchive {
  readonly #database: PageDatabase<typeof runStores>;

  constructor(name = 'idiolect-runs', options: { retryMs?: number } = {}) {
    this.#database = new PageDatabase(name, 2, runStores, options);
  }

  /** Calls back when something cannot be read or written, and when it can again. */
  onchange(listener: (kept: DatabaseState) => void): () => void {
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

  /** Ids of all runs; undefined while the browser does not say. */
  async ids(): Promise<ReadonlySet<string> | undefined> {
    const keys = await this.#database.keys('runs');
    return this.#database.refused === undefined ? new Set(keys as string[]) : undefined;
  }

  record(runId: string): Promise<RunRecord | undefined> {
    return this.#database.get('runs', runId);
  }

  /** Pieces of a log from a row on. */
  chunks(runId: string, from: number): Promise<LogChunk[]> {
    return this.#database.all('chunks', runId, from);
  }

  /** Runs that have not begun, in their order. */
  async waiting(): Promise<WaitingRun[]> {
    const waiting = await this.#database.all('queue');
    return waiting.sort((a, b) => a.batch.localeCompare(b.batch) || a.number - b.number);
  }

  /** Puts runs into the queue, with what they are started with. */
  enqueue(orders: readonly { waiting: WaitingRun; request: TrainRequest }[]): Promise<void> {
    return this.#database.write(
      orders.flatMap(({ waiting, request }) => [
        { store: 'requests', put: request } as const,
        { store: 'queue', put: waiting } as const,
      ]),
    );
  }

  async isWaiting(runId: string): Promise<boolean> {
    return (await this.#database.get('queue', runId)) !== undefined;
  }

  /** A run that waited has begun. */
  begin(record: RunRecord): Promise<void> {
    return this.#database.write([
      { store: 'runs', put: record },
      { store: 'queue', delete: record.id },
    ]);
  }

  put(record: RunRecord): Promise<void> {
    return this.#database.write([{ store: 'runs', put: record }]);
  }

  /** What a run is started with, answers included. */
  request(runId: string): Promise<TrainRequest | undefined> {
    return this.#database.get('requests', runId);
  }

  append(chunk: LogChunk): Promise<void> {
    return this.#database.write([{ store: 'chunks', put: chunk }]);
  }

  /** The whole log anew, as when it goes back to a checkpoint. */
  replaceLog(chunk: LogChunk): Promise<void> {
    return this.#database.write([
      { store: 'chunks', deleteGroup: chunk.runId },
      { store: 'chunks', put: chunk },
    ]);
  }

  delete(runId: string): Promise<void> {
    return this.#database.write([
      { store: 'runs', delete: runId },
      { store: 'requests', delete: runId },
      { store: 'queue', delete: runId },
      { store: 'chunks', deleteGroup: runId },
    ]);
  }

  /** Deletes what cannot be read; of a run everything that belongs to it. */
  async forget(bad: BadRecord): Promise<void> {
    if (bad.store !== 'chunks' && typeof bad.key === 'string') await this.delete(bad.key);
    await this.#database.forget(bad);
  }
}
