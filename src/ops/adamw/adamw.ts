/**
 * One AdamW update (Loshchilov & Hutter 2017, arXiv 1711.05101, in PyTorch's form):
 * p ← p·(1 − lr·λ); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²;
 * p ← p − lr·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε).
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

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

/** All of one shape → the first three, updated. */
export type AdamW = Signature<
  'parameter' | 'gradient' | 'momentum' | 'variance',
  'parameter' | 'momentum' | 'variance',
  AdamWAttributes
>;
/** x of any shape → sum, a scalar. */
export type SquaredSum = Signature<'x', 'sum'>;

export const adamWOp = defineOp({
  name: 'IdiolectAdamW',
  inputs: ['parameter', 'gradient', 'momentum', 'variance'],
  outputs: ['parameter', 'momentum', 'variance'],
  reference: reference.adamW,
  wasm: wasm.adamW,
  webgpu: webgpu.adamW,
});

export const squaredSumOp = defineOp({
  name: 'IdiolectSquaredSum',
  inputs: ['x'],
  outputs: ['sum'],
  reference: reference.squaredSum,
  wasm: wasm.squaredSum,
  webgpu: webgpu.squaredSum,
});

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
  tensors: AdamWTensors,
  attributes: AdamWAttributes,
): [parameter: Tensor, momentum: Tensor, variance: Tensor] {
  const { parameter, momentum, variance } = adamWOp.run(tensors, attributes);
  return [parameter, momentum, variance];
}

/** Σ x² as a scalar tensor. */
export function squaredSum(x: Tensor): Tensor {
  return squaredSumOp.run({ x }).sum;
}
