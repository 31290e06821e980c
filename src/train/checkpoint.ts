/**
 * Everything needed to go on as if nothing had happened: trained values, both moments of the
 * optimizer, and where the data stands. One safetensors file, so that it is written whole or not.
 */
import { tensor, type Variable } from '@tensorflow/tfjs-core';
import type { OrderCursor } from '../batches/training-order.ts';
import { DataError } from '../errors.ts';
import { bytesSource } from '../storage/byte-source.ts';
import { readSafetensors, writeSafetensors, type TensorToWrite } from '../storage/safetensors.ts';
import { readFloat32 } from '../storage/tensor-file.ts';
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
}

export interface Checkpoint {
  /** Names the data, model and settings it belongs to; a resume with others is refused. */
  fingerprint: string;
  progress: Progress;
  updates: number;
  parameters: Map<string, { shape: number[]; values: Float32Array }>;
  /** By parameter name: momentum, variance. */
  moments: Map<string, Float32Array[]>;
}

export async function takeCheckpoint(
  fingerprint: string,
  progress: Progress,
  parameters: readonly Parameter[],
  optimizer: OptimizerState,
): Promise<Checkpoint> {
  const values = await Promise.all(
    parameters.map(async ({ name, variable }) => {
      const own = {
        shape: variable.shape.slice(),
        values: (await variable.data()) as Float32Array,
      };
      return [name, own] as const;
    }),
  );
  return {
    fingerprint,
    progress: { ...progress },
    updates: optimizer.updates,
    parameters: new Map(values),
    moments: await readMoments(optimizer),
  };
}

/** Puts values and moments back. @throws DataError when the checkpoint is of another run */
export function restoreCheckpoint(
  checkpoint: Checkpoint,
  fingerprint: string,
  parameters: readonly Parameter[],
  optimizer: OptimizerState,
): void {
  if (checkpoint.fingerprint !== fingerprint) {
    throw new DataError(
      'This checkpoint belongs to another run: the data, the model or a setting has changed. Start a new run instead.',
    );
  }
  for (const { name, variable } of parameters) {
    const saved = checkpoint.parameters.get(name);
    if (!saved) throw new DataError(`The checkpoint lacks ${name}.`);
    assign(variable, saved.values);
  }
  writeMoments(optimizer, checkpoint.updates, checkpoint.moments);
}

function assign(variable: Variable, values: Float32Array): void {
  const next = tensor(values, variable.shape);
  variable.assign(next);
  next.dispose();
}

const VERSION = '1';

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const tensors: TensorToWrite[] = [];
  const put = (name: string, shape: number[], values: Float32Array) =>
    tensors.push({ name, shape, dtype: 'F32', data: bytesOf(values) });
  for (const [name, { shape, values }] of checkpoint.parameters) {
    const [momentum, variance] = checkpoint.moments.get(name)!;
    put(`parameter.${name}`, shape, values);
    put(`exp_avg.${name}`, shape, momentum!);
    put(`exp_avg_sq.${name}`, shape, variance!);
  }
  return writeSafetensors(tensors, {
    format: 'idiolect-checkpoint',
    version: VERSION,
    fingerprint: checkpoint.fingerprint,
    updates: String(checkpoint.updates),
    progress: JSON.stringify(checkpoint.progress),
  });
}

/** @throws ModelFileError for a broken file, DataError for another kind of file or version */
export async function decodeCheckpoint(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Checkpoint> {
  const file = await readSafetensors(bytesSource(name, bytes));
  const { format, version, fingerprint, updates, progress } = file.metadata;
  if (format !== 'idiolect-checkpoint' || version !== VERSION || !fingerprint || !progress) {
    throw new DataError(`${name} is not a checkpoint of this version.`);
  }
  const parameters: Checkpoint['parameters'] = new Map();
  const moments: Checkpoint['moments'] = new Map();
  for (const [key, stored] of file.tensors) {
    if (!key.startsWith('parameter.')) continue;
    const own = key.slice('parameter.'.length);
    const read = async (prefix: string) => readFloat32(file.tensors.get(`${prefix}.${own}`)!);
    parameters.set(own, { shape: [...stored.shape], values: await readFloat32(stored) });
    moments.set(own, [await read('exp_avg'), await read('exp_avg_sq')]);
  }
  return {
    fingerprint,
    updates: Number(updates),
    progress: JSON.parse(progress) as Progress,
    parameters,
    moments,
  };
}

function bytesOf(values: Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.slice().buffer);
}
