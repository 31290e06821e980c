/** A run's log in the pieces in which it is kept: each row is written once, however long the run is. */
import { ColumnLog } from '../metrics/column-log.ts';
import { stepColumns, type StepColumn, type StepLog } from '../metrics/step-report.ts';

/** Rows of a log, copied, since the log goes on growing until they are written. */
export interface LogChunk {
  runId: string;
  /** Row of the log its first row is. */
  from: number;
  columns: Partial<Record<StepColumn, Float64Array>>;
}

export interface JoinedLog {
  log: StepLog;
  /** Rows that should be there and are not, a sentence each. */
  holes: readonly string[];
}

export function chunkOf(runId: string, log: StepLog, from: number): LogChunk {
  const columns = Object.fromEntries(
    stepColumns.map((name) => [name, log.column(name).slice(from)]),
  );
  return { runId, from, columns };
}

/** Every row that is there, in order; a row that two chunks hold is taken from the first. */
export function joinChunks(chunks: readonly LogChunk[]): JoinedLog {
  const log = new ColumnLog(stepColumns);
  return { log, holes: appendChunks(log, chunks, 0) };
}

/** Goes on with a log that is whole up to the row `next`. @returns its holes */
export function appendChunks(log: StepLog, chunks: readonly LogChunk[], next: number): string[] {
  const holes: string[] = [];
  for (const chunk of chunks.toSorted((a, b) => a.from - b.from)) {
    const rows = rowsOf(chunk);
    if (chunk.from > next) holes.push(`Points ${next + 1} to ${chunk.from} are missing.`);
    for (let row = Math.max(0, next - chunk.from); row < rows; row++) {
      log.append(rowOf(chunk, row));
    }
    next = Math.max(next, chunk.from + rows);
  }
  return holes;
}

const rowsOf = ({ columns }: LogChunk): number => columns.step?.length ?? 0;

/** One row; a column that a later version added has no number here. */
function rowOf({ columns }: LogChunk, row: number): Partial<Record<StepColumn, number>> {
  const values: Partial<Record<StepColumn, number>> = {};
  for (const name of stepColumns) {
    const value = columns[name]?.[row];
    if (value !== undefined) values[name] = value;
  }
  return values;
}
