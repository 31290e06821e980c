/**
 * An op in front of a linear whose result h is cheap to compute again. The two are then one op:
 * y = h·Wᵀ + s·(h·Aᵀ)·Bᵀ + residual. Apart they would remember h for the gradient of A; here the
 * backward pass of the op in front gives h once more, in the dispatch it needs anyway. Of a Llama
 * block that is a third of what is remembered.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { columnSum } from '../column-sum/column-sum.ts';
import { at } from '../shape.ts';
import { accumulating, taped, type Thunk } from '../tape.ts';
import type { Weight } from '../weight.ts';
import {
  linearAttributes,
  linearInputGradient,
  linearInputs,
  linearOp,
  linearWeightGradient,
  loraAGradient,
  loraBGradient,
  loraHiddenGradient,
  type LinearOptions,
} from './linear.ts';

/** x, and what else the op in front reads. */
export type FrontInputs = { x: Tensor } & Record<string, Tensor>;

export interface Recomputable<I extends FrontInputs = FrontInputs> {
  inputs: I;
  /** → h, not on the tape. */
  forward(inputs: I): Tensor;
  /** Gradient of h → that of x, and h again. `soFar` is added to dx where `accumulates` says so. */
  backward(inputs: I, dh: Tensor, soFar?: Tensor): { dx: Tensor; h: Tensor };
  accumulates: boolean;
  /** Gradients of the inputs but x, from saved inputs and the gradient of h. */
  parameterGradients?(inputs: I, dh: () => Tensor): Record<string, Thunk>;
  /** h by the op itself, for those who need it as a tensor. */
  apply(): Tensor;
}

/**
 * → [N, out]. Differentiable, by `backward` only, in the same tensors as `linear` and the op in
 * front; an adapter's own input (dropout) is not possible here.
 */
export function linearAfter(
  front: Recomputable,
  weight: Weight,
  options: LinearOptions = {},
): Tensor {
  const attributes = linearAttributes(weight, options);
  const inputs = linearInputs(front.inputs.x, weight, options);
  const outputs = taped(
    { ...inputs, ...front.inputs },
    () => {
      const { y, hidden } = linearOp.run({ ...inputs, x: front.forward(front.inputs) }, attributes);
      const { w, a, b } = inputs;
      return { outputs: [y], saved: { w, a, b, hidden, given: front.inputs } };
    },
    (dy, { w, a, b, hidden, given }) => {
      const g = b && loraHiddenGradient.run({ dy, b }, attributes).g;
      const dh = once(() => linearInputGradient.run({ dy, w, g, a }, attributes).dx);
      let again: Tensor | undefined;
      const h = () => (again ??= front.forward(given));
      const dx = (soFar?: Tensor) => {
        const gradient = front.backward(given, dh(), soFar);
        again = gradient.h;
        return gradient.dx;
      };
      return {
        ...front.parameterGradients?.(given, dh),
        x: front.accumulates ? accumulating(dx) : () => dx(),
        w: [() => linearWeightGradient.run({ dy, x: h() }).dw],
        bias: () => columnSum(dy),
        residual: () => dy.clone(),
        a: () => g && loraAGradient.run({ g, x: h() }).da,
        b: () => hidden && loraBGradient.run({ dy, hidden }, attributes).db,
      };
    },
  );
  return at(outputs, 0);
}

function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}
