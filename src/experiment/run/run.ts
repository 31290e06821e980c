/** Carries a whole experiment out in the order of its plan, past what fails. */
import { GpuUnavailableError, StorageError, StoppedError } from '../../errors.ts';
import { needsOf, planExperiment, type Piece } from '../spec/plan.ts';
import { ExperimentSession, type ExperimentJob, type PieceDone } from './runner.ts';

export type PieceEnd =
  | PieceDone
  /** It failed; done again it may succeed. */
  | { piece: Piece; error: unknown }
  /** It was not tried: pieces that it needs are not there. */
  | { piece: Piece; without: readonly string[] };

/**
 * Yields each piece as it is finished, found or given up: one that fails holds up only those that need
 * it. @throws what ends everything
 */
export async function* runExperiment(job: ExperimentJob): AsyncGenerator<PieceEnd, void> {
  const session = new ExperimentSession(job);
  const there = new Set<string>();
  try {
    for (const piece of planExperiment(job.experiment)) {
      const without = needsOf(piece, job.experiment).filter((id) => !there.has(id));
      if (without.length > 0) {
        yield { piece, without };
        continue;
      }
      let end: PieceEnd;
      try {
        end = await session.settle(piece);
        there.add(piece.id);
      } catch (error) {
        if (endsAll(error)) throw error;
        end = { piece, error };
      }
      yield end;
    }
  } finally {
    session.close();
  }
}

/** A stop, and what the next piece would fail of just the same: no engine, no place to keep results. */
export function endsAll(error: unknown): boolean {
  return (
    error instanceof StoppedError ||
    error instanceof GpuUnavailableError ||
    error instanceof StorageError
  );
}
