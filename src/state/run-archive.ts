/**
 * Where runs outlive the page: records, the data they were started with, and their logs in chunks
 * that are only appended, so that a point costs a small write however long the run is.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { DataError } from '../errors.ts';
import { ColumnLog } from '../metrics/column-log.ts';
import { stepColumns, type StepColumn, type StepLog } from '../metrics/step-report.ts';
import type { TrainRequest } from '../../workers/protocol.ts';
import type { RunRecord } from './run-record.ts';

export interface ArchivedRun {
  record: RunRecord;
  log: StepLog;
}

export interface RunArchive {
  /** Why nothing outlives the page; undefined when it does. */
  readonly refused: string | undefined;
  load(): Promise<ArchivedRun[]>;
  put(record: RunRecord): Promise<void>;
  /** What the run was started with, answers included: needed to go on after a reload. */
  putRequest(request: TrainRequest): Promise<void>;
  request(runId: string): Promise<TrainRequest | undefined>;
  append(chunk: LogChunk): Promise<void>;
  /** Forgets rows from `length` on. */
  truncate(runId: string, length: number): Promise<void>;
  delete(runId: string): Promise<void>;
}

/** Rows of a log, copied, since the log goes on growing until they are written. */
export interface LogChunk {
  runId: string;
  /** Row of the log its first row is. */
  from: number;
  columns: Partial<Record<StepColumn, Float64Array>>;
}

interface Schema extends DBSchema {
  runs: { key: string; value: RunRecord };
  requests: { key: string; value: TrainRequest };
  chunks: { key: [runId: string, from: number]; value: LogChunk };
}

const DATABASE = 'idiolect-runs';
const VERSION = 1;

/** The browser's database, or memory when it refuses. */
export async function openRunArchive(name = DATABASE): Promise<RunArchive> {
  try {
    const database = await openDB<Schema>(name, VERSION, {
      upgrade(fresh) {
        fresh.createObjectStore('runs', { keyPath: 'id' });
        fresh.createObjectStore('requests', { keyPath: 'runId' });
        fresh.createObjectStore('chunks', { keyPath: ['runId', 'from'] });
      },
    });
    return databaseArchive(database);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return memoryArchive(`This browser keeps nothing for this page (${reason}).`);
  }
}

function databaseArchive(database: IDBPDatabase<Schema>): RunArchive {
  const range = (runId: string): IDBKeyRange => IDBKeyRange.bound([runId, 0], [runId, Infinity]);
  return {
    refused: undefined,
    async load() {
      const records = await database.getAll('runs');
      return Promise.all(
        records.map(async (record) => {
          const chunks = await database.getAll('chunks', range(record.id));
          return { record, log: joinChunks(record.id, chunks) };
        }),
      );
    },
    async put(record) {
      await database.put('runs', record);
    },
    async putRequest(request) {
      await database.put('requests', request);
    },
    request: (runId) => database.get('requests', runId),
    async append(chunk) {
      await database.put('chunks', chunk);
    },
    async truncate(runId, length) {
      const change = database.transaction('chunks', 'readwrite');
      let at = await change.store.openCursor(range(runId));
      for (; at !== null; at = await at.continue()) {
        const cut = cutChunk(at.value, length);
        if (cut === undefined) await at.delete();
        else if (cut !== at.value) await at.update(cut);
      }
      await change.done;
    },
    async delete(runId) {
      const change = database.transaction(['runs', 'requests', 'chunks'], 'readwrite');
      await Promise.all([
        change.objectStore('runs').delete(runId),
        change.objectStore('requests').delete(runId),
        change.objectStore('chunks').delete(range(runId)),
        change.done,
      ]);
    },
  };
}

/** An archive that lasts as long as the page. */
export function memoryArchive(refused?: string): RunArchive {
  const runs = new Map<string, RunRecord>();
  const requests = new Map<string, TrainRequest>();
  const chunks = new Map<string, LogChunk[]>();
  return {
    refused,
    load: () =>
      Promise.resolve(
        [...runs.values()].map((record) => ({
          record: structuredClone(record),
          log: joinChunks(record.id, chunks.get(record.id) ?? []),
        })),
      ),
    put(record) {
      runs.set(record.id, structuredClone(record));
      return Promise.resolve();
    },
    putRequest(request) {
      requests.set(request.runId, structuredClone(request));
      return Promise.resolve();
    },
    request: (runId) => Promise.resolve(requests.get(runId)),
    append(chunk) {
      chunks.set(chunk.runId, [...(chunks.get(chunk.runId) ?? []), chunk]);
      return Promise.resolve();
    },
    truncate(runId, length) {
      const kept = (chunks.get(runId) ?? []).map((chunk) => cutChunk(chunk, length));
      chunks.set(
        runId,
        kept.filter((chunk) => chunk !== undefined),
      );
      return Promise.resolve();
    },
    delete(runId) {
      for (const store of [runs, requests, chunks]) store.delete(runId);
      return Promise.resolve();
    },
  };
}

export function chunkOf(runId: string, log: StepLog, from: number): LogChunk {
  const columns = Object.fromEntries(
    stepColumns.map((name) => [name, log.column(name).slice(from)]),
  );
  return { runId, from, columns };
}

function cutChunk(chunk: LogChunk, length: number): LogChunk | undefined {
  if (chunk.from >= length) return undefined;
  const rows = length - chunk.from;
  if ((chunk.columns.step?.length ?? 0) <= rows) return chunk;
  const columns = Object.fromEntries(
    Object.entries(chunk.columns).map(([name, column]) => [name, column.slice(0, rows)]),
  );
  return { ...chunk, columns };
}

/** @throws DataError when a chunk is missing or does not fit the one before it */
function joinChunks(runId: string, chunks: readonly LogChunk[]): StepLog {
  const log = new ColumnLog(stepColumns);
  for (const { from, columns } of chunks.toSorted((a, b) => a.from - b.from)) {
    if (from !== log.length) {
      throw new DataError(`The log of run ${runId} has a hole before row ${from}.`);
    }
    const rows = columns.step?.length ?? 0;
    for (let row = 0; row < rows; row++) {
      const values: Partial<Record<StepColumn, number>> = {};
      for (const name of stepColumns) {
        // A column that a later version added has no numbers here.
        const value = columns[name]?.[row];
        if (value !== undefined) values[name] = value;
      }
      log.append(values);
    }
  }
  return log;
}
