/** AdamW over named variables: its moments, one update, and the way to and from a checkpoint. */
import { tensor, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { adamW } from '../ops/adamw/adamw.ts';
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
  moments: Map<string, { momentum: Tensor; variance: Tensor }>;
}

export type OptimizerSettings = Pick<
  TrainingSettings,
  'beta1' | 'beta2' | 'epsilon' | 'weightDecay'
>;

export function createOptimizer(parameters: readonly Parameter[]): OptimizerState {
  const moments = new Map(
    parameters.map(({ name, variable }) => [
      name,
      { momentum: zerosLike(variable), variance: zerosLike(variable) },
    ]),
  );
  return { updates: 0, moments };
}

/**
 * One AdamW update in place.
 * @param gradients in the order of the parameters; not disposed
 * @param gradientScale multiplies every gradient first: the clipping factor
 */
export function updateParameters(
  state: OptimizerState,
  parameters: readonly Parameter[],
  gradients: readonly Tensor[],
  lr: number,
  gradientScale: number,
  settings: OptimizerSettings,
): void {
  state.updates++;
  const { beta1, beta2, epsilon, weightDecay } = settings;
  const shared = {
    lr,
    beta1,
    beta2,
    epsilon,
    gradientScale,
    correction1: 1 - beta1 ** state.updates,
    correction2: 1 - beta2 ** state.updates,
  };
  parameters.forEach(({ name, variable, decays }, i) => {
    const own = state.moments.get(name)!;
    const [parameter, momentum, variance] = adamW(
      { parameter: variable, gradient: gradients[i]!, ...own },
      { ...shared, weightDecay: decays ? weightDecay : 0 },
    );
    variable.assign(parameter);
    parameter.dispose();
    own.momentum.dispose();
    own.variance.dispose();
    state.moments.set(name, { momentum, variance });
  });
}

/** Host copies of both moments, by parameter name. */
export async function readMoments(state: OptimizerState): Promise<Map<string, Float32Array[]>> {
  const read = new Map<string, Float32Array[]>();
  for (const [name, { momentum, variance }] of state.moments) {
    const values = await Promise.all([momentum.data(), variance.data()]);
    read.set(name, values as Float32Array[]);
  }
  return read;
}

export function writeMoments(
  state: OptimizerState,
  updates: number,
  moments: ReadonlyMap<string, readonly Float32Array[]>,
): void {
  state.updates = updates;
  for (const [name, own] of state.moments) {
    const [momentum, variance] = moments.get(name)!;
    const { shape } = own.momentum;
    own.momentum.dispose();
    own.variance.dispose();
    state.moments.set(name, {
      momentum: tensor(momentum!, shape),
      variance: tensor(variance!, shape),
    });
  }
}

export function disposeOptimizer(state: OptimizerState): void {
  for (const { momentum, variance } of state.moments.values()) {
    momentum.dispose();
    variance.dispose();
  }
}
