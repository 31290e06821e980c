/**
 * One AdamW update (Loshchilov & Hutter 2017, arXiv 1711.05101, in PyTorch's form):
 * p ← p·(1 − lr·λ); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²;
 * p ← p − lr·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε).
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernel, runKernelForOne } from '../tape.ts';

export const ADAMW = 'IdiolectAdamW';
export const SQUARED_SUM = 'IdiolectSquaredSum';

export interface AdamWAttributes {
  lr: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** How many values, counted from the first, decay. */
  decayed: number;
  /** 1 − β₁ᵗ and 1 − β₂ᵗ, t counted from 1. */
  correction1: number;
  correction2: number;
  /** The gradient is multiplied by this first: the clipping factor. */
  gradientScale: number;
}

export interface AdamWTensors {
  parameter: Tensor;
  gradient: Tensor;
  /** First moment m. */
  momentum: Tensor;
  /** Second moment v. */
  variance: Tensor;
}

/**
 * All of one shape → the new parameter, momentum and variance. The old ones may have been written
 * in place: the caller disposes them and reads them no more.
 */
export function adamW(
  { parameter, gradient, momentum, variance }: AdamWTensors,
  attributes: AdamWAttributes,
): [Tensor, Tensor, Tensor] {
  const inputs = { parameter, gradient, momentum, variance };
  return runKernel(ADAMW, inputs, attributes) as [Tensor, Tensor, Tensor];
}

/** Σ x² as a scalar tensor. */
export function squaredSum(x: Tensor): Tensor {
  return runKernelForOne(SQUARED_SUM, { x });
}
