/**
 * A file of answers, read in a worker of its own: the page stays usable however large it is, reading can be stopped
 * at any moment, and ends by itself after a minute.
 */
import { wrap } from 'comlink';
import type { ColumnMapping } from '../data/mapping.ts';
import type { RecordsRead } from '../data/records.ts';
import type { ResponseRow } from '../data/response-set.ts';
import type { Table } from '../data/table.ts';
import { DataError, StoppedError } from '../errors.ts';
import type { TableReader } from '../../workers/table-reader.ts';
import { revive } from './trainer-client.ts';

export interface OpenTable {
  /** With its first records only. */
  readonly table: Table;
  /** Records of the whole. */
  readonly count: number;
  /** @throws DataError that lists what cannot be read */
  records(mapping: ColumnMapping): Promise<RecordsRead>;
  close(): void;
}

/** @throws DataError when the source is no table of records */
export type OpenTables = (source: Blob | string, stop: AbortSignal) => Promise<OpenTable>;

const DEADLINE_SECONDS = 60;
/** Rows of one message: a few milliseconds of the page's time. */
const PART_ROWS = 2_000;

/** What of a worker is used; tests hand in one that dies or never answers. */
export type TableWorker = Pick<
  Worker,
  'postMessage' | 'addEventListener' | 'removeEventListener' | 'terminate'
>;

const startWorker = (): TableWorker =>
  new Worker(new URL('../../workers/table-reader.ts', import.meta.url), { type: 'module' });

export function tablesInWorker(start = startWorker, seconds = DEADLINE_SECONDS): OpenTables {
  return async (source, stop) => {
    const fileName = source instanceof File ? source.name : 'pasted text';
    let worker: TableWorker;
    try {
      worker = start();
    } catch (cause) {
      const reason = 'the browser starts no worker to read it';
      throw new DataError(`${fileName} cannot be read: ${reason}.`, [String(cause)], { cause });
    }
    const reader = wrap<TableReader>(worker);
    let end: (reason: Error) => void = () => undefined;
    const ended = new Promise<never>((_, reject) => (end = reject));
    ended.catch(() => worker.terminate());
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const reason = event.message || 'perhaps it needs more memory than there is';
      end(new DataError(`${fileName}: the worker that reads it stopped (${reason}).`));
    });
    stop.addEventListener('abort', () =>
      end(new StoppedError(`${fileName}: reading was stopped.`)),
    );
    const close = (): void => end(new StoppedError(`${fileName} was closed.`));
    const inTime = async <Result>(work: Promise<Result>): Promise<Result> => {
      const late = `${fileName} could not be read within ${seconds} seconds; divide it into smaller files.`;
      const timer = setTimeout(() => end(new DataError(late)), seconds * 1000);
      try {
        return await Promise.race([work, ended]);
      } catch (error) {
        throw revive(error);
      } finally {
        clearTimeout(timer);
      }
    };

    const { table, count } = await inTime(reader.open(source)).catch((error: unknown) => {
      close();
      throw error;
    });
    return {
      table,
      count,
      close,
      records: (mapping) =>
        inTime(
          (async () => {
            const { sets, counts, notices } = await reader.records(mapping);
            for (const [i, set] of sets.entries()) {
              const rows: ResponseRow[] = [];
              while (rows.length < counts[i]!) {
                const part = await reader.rows(i, rows.length, rows.length + PART_ROWS);
                for (const row of part) rows.push(row);
              }
              sets[i] = { ...set, rows };
            }
            return { sets, notices };
          })(),
        ),
    };
  };
}
