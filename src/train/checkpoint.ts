/**
 * Everything needed to go on as if nothing had happened: trained values, both moments of the
 * optimizer, and where the data stands. `checkpoint-file.ts` is how it is kept.
 */
import { tensor, type Variable } from '@tensorflow/tfjs-core';
import { orderStart, type OrderCursor } from '../batches/training-order.ts';
import { DataError, TrainingDivergedError } from '../errors.ts';
import { compareFacts, type RunFacts } from './run-facts.ts';
import type { RunHistory } from './run-history.ts';
import { readMoments, writeMoments, type OptimizerState, type Parameter } from './optimizer.ts';

export interface Progress {
  step: number;
  cursor: OrderCursor;
  tokensSeen: number;
  examplesSeen: number;
  elapsedSeconds: number;
  /** Σ NLL and Σ weight since the last report, so that a report after a resume is the same. */
  lossSum: number;
  lossWeight: number;
  /** Of the last step, before clipping. */
  gradientNorm: number;
  /** The last step that was reported; one that is due and not reported comes first after a resume. */
  reportedStep: number;
  /** Held-out loss at step 0 and last measured; undefined without held-out rows. */
  validationBefore?: number | undefined;
  validationAfter?: number | undefined;
}

export const progressStart: Progress = {
  step: 0,
  cursor: orderStart,
  tokensSeen: 0,
  examplesSeen: 0,
  elapsedSeconds: 0,
  lossSum: 0,
  lossWeight: 0,
  gradientNorm: 0,
  reportedStep: -1,
};

/** What the loop itself needs to go on. */
export interface TrainedState {
  facts: RunFacts;
  progress: Progress;
  updates: number;
  parameters: Map<string, { shape: number[]; values: Float32Array }>;
  /** By parameter name: momentum, variance. */
  moments: Map<string, Float32Array[]>;
}

/** The same with what the run has reported so far: one commit. */
export interface Checkpoint extends TrainedState {
  history: RunHistory;
}

/** @throws TrainingDivergedError rather than keep a value that is not a finite number */
export async function takeCheckpoint(
  facts: RunFacts,
  progress: Progress,
  parameters: readonly Parameter[],
  optimizer: OptimizerState,
): Promise<TrainedState> {
  const values = await Promise.all(
    parameters.map(async ({ name, variable }) => {
      const stored = {
        shape: variable.shape.slice(),
        values: (await variable.data()) as Float32Array,
      };
      return [name, stored] as const;
    }),
  );
  const moments = await readMoments(optimizer, parameters);
  const broken = values
    .filter(([name, stored]) => ![stored.values, ...moments.get(name)!].every(allFinite))
    .map(([name]) => name);
  if (broken.length > 0) throw notFinite(progress, broken);
  return {
    facts,
    progress: { ...progress },
    updates: optimizer.updates,
    parameters: new Map(values),
    moments,
  };
}

function allFinite(values: Float32Array): boolean {
  return values.every(Number.isFinite);
}

function notFinite({ step, cursor }: Progress, names: readonly string[]): TrainingDivergedError {
  return new TrainingDivergedError(
    `Training stopped after step ${step}: weights became infinite or not a number.`,
    step,
    cursor.position,
    names.slice(0, 12).map((name) => `${name} holds such values.`),
  );
}

/**
 * Puts values and moments back.
 * @throws DataError listing every fact that makes the checkpoint's run another
 */
export function restoreCheckpoint(
  checkpoint: TrainedState,
  facts: RunFacts,
  parameters: readonly Parameter[],
  optimizer: OptimizerState,
): void {
  const problems = compareFacts(checkpoint.facts, facts).problems;
  for (const { name, variable } of parameters) {
    const shape = checkpoint.parameters.get(name)?.shape;
    if (shape?.join() !== variable.shape.join()) {
      problems.push(
        `${name}: ${shape ? `[${shape.join(', ')}]` : 'nothing'} in the checkpoint, [${variable.shape.join(', ')}] now.`,
      );
    }
  }
  if (problems.length > 0) {
    throw new DataError(
      'The checkpoint belongs to another run, so this one cannot go on from it. Start a new run, or put back what has changed.',
      problems,
    );
  }
  for (const { name, variable } of parameters) {
    assign(variable, checkpoint.parameters.get(name)!.values);
  }
  writeMoments(optimizer, parameters, checkpoint.updates, checkpoint.moments);
}

function assign(variable: Variable, values: Float32Array): void {
  const next = tensor(values, variable.shape);
  variable.assign(next);
  next.dispose();
}
