/**
 * Linear with LoRA (Hu et al. 2021, arXiv 2106.09685) as one op:
 *   P = x·Aᵀ,  y = x·Wᵀ + bias + s·P·Bᵀ + residual
 * Backward: G = s·dy·B,  dx = dy·W + G·A,  dB = s·dyᵀ·P,  dA = Gᵀ·x. The product B·A is never
 * formed and dW only for a weight that is trained.
 *
 * One weight may stack several projections of the same input (q|k|v, gate|up). Each adapted
 * projection then has a *slot*: a range of output rows with its own R rows of A and its own B.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { columnSum } from '../column-sum/column-sum.ts';
import { defineOp, type Signature } from '../define-op.ts';
import type { Named } from '../named.ts';
import { denseWeight, weightAttributes, type Weight, type WeightAttributes } from '../weight.ts';
import * as inputGradientWebGpu from './input-gradient-program.ts';
import * as loraWebGpu from './lora-program.ts';
import * as productWebGpu from './product-program.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

/** Output rows [start, end) adapted by one pair of matrices. */
export interface Slot {
  start: number;
  end: number;
}

export interface LinearAdapter {
  /** [S·R, in]: the A matrices of the S slots, one after another (PEFT's lora_A.weight). */
  a: Tensor;
  /** [Σ slot rows, R]: the B matrices of the slots, one after another (PEFT's lora_B.weight). */
  b: Tensor;
  /** In ascending order, not overlapping. */
  slots: readonly Slot[];
  rank: number;
  /** alpha / rank, or alpha / √rank for rank-stabilized LoRA. */
  scale: number;
  /** What A reads instead of x, [N, in]: x after dropout. */
  input?: Tensor;
}

export interface LoraAttributes {
  rank: number;
  scale: number;
  /** start₀, end₀, start₁, end₁, … */
  slots: number[];
}

export interface LinearAttributes extends WeightAttributes, LoraAttributes {}

export interface LinearOptions {
  /** [out] */
  bias?: Tensor | undefined;
  adapter?: LinearAdapter | undefined;
  /** [N, out], added to the result. */
  residual?: Tensor | undefined;
}

type LinearInputs = 'x' | 'w*' | 'bias?' | 'residual?' | 'a?' | 'b?' | 'loraInput?';

/** x [N, in], w [out, in], a [S·R, in], b [Σ slot rows, R] → y [N, out]; with a, hidden P [N, S·R]. */
export type Linear = Signature<LinearInputs, 'y' | 'hidden?', LinearAttributes>;
/** dy [N, out], w [out, in], and with an adapter g [N, S·R] and a [S·R, in] → dx [N, in]. */
export type LinearInputGradient = Signature<'dy' | 'w*' | 'g?' | 'a?', 'dx', WeightAttributes>;
/** dy [N, out], x [N, in] → dw [out, in]. */
export type LinearWeightGradient = Signature<'dy' | 'x', 'dw'>;
/** dy [N, out], b [Σ slot rows, R] → g = s·dy·B [N, S·R]. */
export type LoraHiddenGradient = Signature<'dy' | 'b', 'g', LoraAttributes>;
/** g [N, S·R], x [N, in] → da [S·R, in]. */
export type LoraAGradient = Signature<'g' | 'x', 'da'>;
/** dy [N, out], hidden P [N, S·R] → db [Σ slot rows, R]. */
export type LoraBGradient = Signature<'dy' | 'hidden', 'db', LoraAttributes>;

export const linearOp = defineOp({
  name: 'IdiolectLinear',
  inputs: ['x', 'w*', 'bias?', 'residual?', 'a?', 'b?', 'loraInput?'],
  outputs: ['y', 'hidden?'],
  results: ['y'],
  reference: reference.linear,
  wasm: wasm.linear,
  webgpu: webgpu.linear,
  saved: ['x', 'w*', 'a?', 'b?', 'hidden?', 'loraInput?'],
  backward: ({ dy, saved: { x, w, a, b, hidden, loraInput }, attributes }) => {
    // Read by three thunks, each of which tfjs runs in a tidy of its own: so not in one of them.
    const g = b && loraHiddenGradient.run({ dy, b }, attributes).g;
    // With dropout the adapter's share of dx belongs to the adapter's input.
    const update = loraInput ? {} : { g, a };
    return {
      x: () => linearInputGradient.run({ dy, w, ...update }, attributes).dx,
      w: [() => linearWeightGradient.run({ dy, x }).dw],
      bias: () => columnSum(dy),
      residual: () => dy.clone(),
      a: () => g && loraAGradient.run({ g, x: loraInput ?? x }).da,
      b: () => hidden && loraBGradient.run({ dy, hidden }, attributes).db,
      loraInput: () => g && a && product(g, a),
    };
  },
});

export const linearInputGradient = defineOp({
  name: 'IdiolectLinearInputGradient',
  inputs: ['dy', 'w*', 'g?', 'a?'],
  outputs: ['dx'],
  reference: reference.linearInputGradient,
  wasm: wasm.linearInputGradient,
  webgpu: inputGradientWebGpu.linearInputGradient,
});

export const linearWeightGradient = defineOp({
  name: 'IdiolectLinearWeightGradient',
  inputs: ['dy', 'x'],
  outputs: ['dw'],
  reference: reference.linearWeightGradient,
  wasm: wasm.linearWeightGradient,
  webgpu: productWebGpu.linearWeightGradient,
});

export const loraHiddenGradient = defineOp({
  name: 'IdiolectLoraHiddenGradient',
  inputs: ['dy', 'b'],
  outputs: ['g'],
  reference: reference.loraHiddenGradient,
  wasm: wasm.loraHiddenGradient,
  webgpu: loraWebGpu.loraHiddenGradient,
});

export const loraAGradient = defineOp({
  name: 'IdiolectLoraAGradient',
  inputs: ['g', 'x'],
  outputs: ['da'],
  reference: reference.loraAGradient,
  wasm: wasm.loraAGradient,
  webgpu: productWebGpu.loraAGradient,
});

export const loraBGradient = defineOp({
  name: 'IdiolectLoraBGradient',
  inputs: ['dy', 'hidden'],
  outputs: ['db'],
  reference: reference.loraBGradient,
  wasm: wasm.loraBGradient,
  webgpu: loraWebGpu.loraBGradient,
});

/**
 * x [N, in] → [N, out]. Differentiable in x, bias, residual, the adapter's tensors, and in the
 * weight when it is one float32 tensor.
 */
export function linear(x: Tensor, weight: Weight, options: LinearOptions = {}): Tensor {
  return linearOp.apply(linearInputs(x, weight, options), linearAttributes(weight, options)).y;
}

/** left [N, K] · right [K, M]: what a gradient of an input is for a weight `right`. */
function product(left: Tensor, right: Tensor): Tensor {
  const weight = denseWeight(right);
  return linearInputGradient.run({ dy: left, w: weight.parts }, weightAttributes(weight)).dx;
}

export function linearAttributes(weight: Weight, { adapter }: LinearOptions): LinearAttributes {
  return {
    ...weightAttributes(weight),
    rank: adapter?.rank ?? 0,
    scale: adapter?.scale ?? 0,
    slots: adapter?.slots.flatMap(({ start, end }) => [start, end]) ?? [],
  };
}

export function linearInputs(
  x: Tensor,
  { parts }: Weight,
  { bias, adapter, residual }: LinearOptions,
): Named<LinearInputs, Tensor> {
  const { a, b, input: loraInput } = adapter ?? {};
  return { x, w: parts, bias, residual, a, b, loraInput };
}
