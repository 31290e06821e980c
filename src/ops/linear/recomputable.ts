/**
 * An op in front of a linear whose result h is cheap to compute again. The two are then one op:
 * y = h·Wᵀ + s·(h·Aᵀ)·Bᵀ + residual. Apart they would remember h for the gradient of A; here the
 * backward pass of the op in front gives h once more, in the dispatch it needs anyway. Of a Llama
 * block that is a third of what is remembered.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { columnSum } from '../column-sum/column-sum.ts';
import {
  accumulating,
  runKernel,
  runKernelForOne,
  taped,
  type Gradients,
  type Inputs,
} from '../tape.ts';
import { weightInputs, type Weight } from '../weight.ts';
import {
  LINEAR,
  LINEAR_INPUT_GRADIENT,
  LINEAR_WEIGHT_GRADIENT,
  linearCall,
  LORA_A_GRADIENT,
  LORA_B_GRADIENT,
  LORA_HIDDEN_GRADIENT,
  type LinearOptions,
} from './linear.ts';

export interface Recomputable {
  /** inputs → h */
  kernel: string;
  /** inputs, dy → dx, h */
  backwardKernel: string;
  /** Whether that adds an input soFar to dx. */
  accumulates: boolean;
  /** x, and what else the kernels read. */
  inputs: { x: Tensor } & Inputs;
  attributes: object;
  /** Gradients of the inputs but x, from saved inputs and the gradient of h. */
  parameterGradients?: (inputs: Inputs, dh: () => Tensor) => Gradients;
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
  const { kernel, backwardKernel } = front;
  const { adapter } = options;
  const { attributes, inputs } = linearCall(front.inputs.x, weight, options);
  const names = Object.keys(front.inputs);
  return taped(
    { ...inputs, ...front.inputs },
    (save) => {
      const h = runKernelForOne(kernel, front.inputs, front.attributes);
      const [y, hidden] = runKernel(LINEAR, { ...inputs, x: h }, attributes);
      const read = Object.values(front.inputs);
      const lora = adapter ? [adapter.a, adapter.b, hidden!] : [];
      save([...weight.parts, ...lora, ...read]);
      return [y!];
    },
    ([dy], saved) => {
      const others = [...saved];
      const parts = others.splice(0, weight.parts.length);
      const [a, b, hidden] = adapter ? others.splice(0, 3) : [];
      const own: Inputs = Object.fromEntries(names.map((name, i) => [name, others[i]!]));
      const g = adapter && runKernelForOne(LORA_HIDDEN_GRADIENT, { dy: dy!, b: b! }, attributes);
      const dh = once(() =>
        runKernelForOne(
          LINEAR_INPUT_GRADIENT,
          { dy: dy!, ...weightInputs({ ...weight, parts }), ...(g && { g, a: a! }) },
          attributes,
        ),
      );
      let again: Tensor | undefined;
      const h = () => (again ??= runKernelForOne(kernel, own, front.attributes));
      const dx = (soFar?: Tensor) => {
        const given = { ...own, dy: dh(), ...(soFar && { soFar }) };
        const [gradient, same] = runKernel(backwardKernel, given, front.attributes);
        again = same;
        return gradient!;
      };
      return {
        ...front.parameterGradients?.(own, dh),
        x: front.accumulates ? accumulating(dx) : () => dx(),
        w0: () => runKernelForOne(LINEAR_WEIGHT_GRADIENT, { dy: dy!, x: h() }, attributes),
        bias: () => columnSum(dy!),
        residual: () => dy!.clone(),
        a: () => runKernelForOne(LORA_A_GRADIENT, { g: g!, x: h() }, attributes),
        b: () => runKernelForOne(LORA_B_GRADIENT, { dy: dy!, hidden: hidden! }, attributes),
      };
    },
  )[0]!;
}

function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}
