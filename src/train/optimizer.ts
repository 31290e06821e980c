/**
 * AdamW over all parameters as one flat vector: its moments, one update, and the way to and from a
 * checkpoint.
 */
import { tensor, zeros, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { adamW } from '../ops/adamw/adamw.ts';
import { flatten, unflatten } from '../ops/flat/flat.ts';
import { sizeOf } from '../ops/shape.ts';
import type { TrainingSettings } from './config.ts';

export interface Parameter {
  name: string;
  variable: Variable;
  /** Whether weight decay applies. */
  decays: boolean;
}

export interface OptimizerState {
  /** Updates made so far, t. */
  updates: number;
  /** [Σ sizes of the parameters], in their order. */
  momentum: Tensor;
  variance: Tensor;
}

export type OptimizerSettings = Pick<
  TrainingSettings,
  'beta1' | 'beta2' | 'epsilon' | 'weightDecay'
>;

/** @throws RangeError when a parameter that decays comes after one that does not */
export function createOptimizer(parameters: readonly Parameter[]): OptimizerState {
  const firstFixed = parameters.findIndex(({ decays }) => !decays);
  if (firstFixed >= 0 && parameters.slice(firstFixed).some(({ decays }) => decays)) {
    throw new RangeError('Parameters that decay must come before those that do not.');
  }
  const size = totalSize(parameters);
  return { updates: 0, momentum: zeros([size]), variance: zeros([size]) };
}

/**
 * One AdamW update in place.
 * @param gradient [Σ sizes], in the order of the parameters; not disposed
 * @param gradientScale multiplies the gradient first: the clipping factor
 */
export function updateParameters(
  state: OptimizerState,
  parameters: readonly Parameter[],
  gradient: Tensor,
  lr: number,
  gradientScale: number,
  { beta1, beta2, epsilon, weightDecay }: OptimizerSettings,
): void {
  state.updates++;
  const { momentum, variance } = state;
  const old = flatten(parameters.map(({ variable }) => variable));
  const [parameter, newMomentum, newVariance] = adamW(
    { parameter: old, gradient, momentum, variance },
    {
      lr,
      beta1,
      beta2,
      epsilon,
      weightDecay,
      gradientScale,
      decayed: totalSize(parameters.filter(({ decays }) => decays)),
      correction1: 1 - beta1 ** state.updates,
      correction2: 1 - beta2 ** state.updates,
    },
  );
  for (const replaced of [old, momentum, variance]) replaced.dispose();
  Object.assign(state, { momentum: newMomentum, variance: newVariance });
  const values = unflatten(
    parameter,
    parameters.map(({ variable }) => variable.shape),
  );
  parameter.dispose();
  parameters.forEach(({ variable }, i) => {
    variable.assign(values[i]!);
    values[i]!.dispose();
  });
}

function totalSize(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { variable }) => sum + sizeOf(variable.shape), 0);
}

/** Host copies of both moments, by parameter name. */
export async function readMoments(
  { momentum, variance }: OptimizerState,
  parameters: readonly Parameter[],
): Promise<Map<string, Float32Array[]>> {
  const both = (await Promise.all([momentum.data(), variance.data()])) as Float32Array[];
  let start = 0;
  return new Map(
    parameters.map(({ name, variable: { size } }) => {
      const slices = both.map((values) => values.slice(start, start + size));
      start += size;
      return [name, slices];
    }),
  );
}

export function writeMoments(
  state: OptimizerState,
  parameters: readonly Parameter[],
  updates: number,
  moments: ReadonlyMap<string, readonly Float32Array[]>,
): void {
  disposeOptimizer(state);
  const size = totalSize(parameters);
  const [momentum, variance] = [0, 1].map((which) => {
    const values = new Float32Array(size);
    let start = 0;
    for (const { name } of parameters) {
      const moment = moments.get(name)![which]!;
      values.set(moment, start);
      start += moment.length;
    }
    return tensor(values);
  });
  Object.assign(state, { updates, momentum, variance });
}

export function disposeOptimizer({ momentum, variance }: OptimizerState): void {
  momentum.dispose();
  variance.dispose();
}
