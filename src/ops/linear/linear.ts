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
import { runKernel, runKernelForOne, taped, type Inputs } from '../tape.ts';
import {
  denseWeight,
  weightAttributes,
  weightInputs,
  type Weight,
  type WeightAttributes,
} from '../weight.ts';

export const LINEAR = 'IdiolectLinear';
export const LORA_HIDDEN_GRADIENT = 'IdiolectLoraHiddenGradient';
export const LINEAR_INPUT_GRADIENT = 'IdiolectLinearInputGradient';
export const LORA_A_GRADIENT = 'IdiolectLoraAGradient';
export const LORA_B_GRADIENT = 'IdiolectLoraBGradient';
export const LINEAR_WEIGHT_GRADIENT = 'IdiolectLinearWeightGradient';

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

/**
 * x [N, in] → [N, out]. Differentiable in x, bias, residual, the adapter's tensors, and in the
 * weight when it is one float32 tensor.
 */
export function linear(x: Tensor, weight: Weight, options: LinearOptions = {}): Tensor {
  const { adapter } = options;
  const { attributes, inputs } = linearCall(x, weight, options);
  return taped(
    inputs,
    (save) => {
      const [y, hidden] = runKernel(LINEAR, inputs, attributes);
      const adapted = adapter ? [adapter.a, adapter.b, hidden!, adapter.input ?? x] : [];
      save([x, ...weight.parts, ...adapted]);
      return [y!];
    },
    ([dy], [savedX, ...saved]) => {
      const count = weight.parts.length;
      const savedWeight = weightInputs({ ...weight, parts: saved.slice(0, count) });
      const [a, b, hidden, loraInput] = saved.slice(count);
      // Read by three thunks, each of which tfjs runs in a tidy of its own: so not in one of them.
      const g = adapter && runKernelForOne(LORA_HIDDEN_GRADIENT, { dy: dy!, b: b! }, attributes);
      // With dropout the adapter's share of dx belongs to its own input.
      const ownInput = adapter?.input !== undefined;
      return {
        x: () =>
          runKernelForOne(
            LINEAR_INPUT_GRADIENT,
            { dy: dy!, ...savedWeight, ...(g && !ownInput && { g, a: a! }) },
            attributes,
          ),
        w0: () => runKernelForOne(LINEAR_WEIGHT_GRADIENT, { dy: dy!, x: savedX! }, attributes),
        bias: () => columnSum(dy!),
        residual: () => dy!.clone(),
        a: () => runKernelForOne(LORA_A_GRADIENT, { g: g!, x: loraInput! }, attributes),
        b: () => runKernelForOne(LORA_B_GRADIENT, { dy: dy!, hidden: hidden! }, attributes),
        loraInput: () => product(g!, a!),
      };
    },
  )[0]!;
}

/** left [N, K] · right [K, M]: what a gradient of an input is for a weight `right`. */
function product(left: Tensor, right: Tensor): Tensor {
  const attributes: LinearAttributes = {
    ...weightAttributes(denseWeight(right)),
    rank: 0,
    scale: 0,
    slots: [],
  };
  return runKernelForOne(LINEAR_INPUT_GRADIENT, { dy: left, w0: right }, attributes);
}

/** Attributes and inputs of the kernel. */
export function linearCall(
  x: Tensor,
  weight: Weight,
  { bias, adapter, residual }: LinearOptions,
): { attributes: LinearAttributes; inputs: Inputs } {
  const attributes: LinearAttributes = {
    ...weightAttributes(weight),
    rank: adapter?.rank ?? 0,
    scale: adapter?.scale ?? 0,
    slots: adapter?.slots.flatMap(({ start, end }) => [start, end]) ?? [],
  };
  const inputs: Inputs = { x, ...weightInputs(weight) };
  if (bias) inputs['bias'] = bias;
  if (residual) inputs['residual'] = residual;
  if (adapter) {
    inputs['a'] = adapter.a;
    inputs['b'] = adapter.b;
    if (adapter.input) inputs['loraInput'] = adapter.input;
  }
  return { attributes, inputs };
}
