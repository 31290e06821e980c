/** AdamW and the squared norm from stock tfjs ops. */
import { add, div, mul, sqrt, square, sub, sum, tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Inputs } from '../tape.ts';
import type { AdamWAttributes } from './adamw.ts';

/** parameter, gradient, momentum, variance of one shape → new parameter, momentum, variance. */
export function adamWReference(inputs: Inputs, attributes: object): Tensor[] {
  const own = attributes as AdamWAttributes;
  const { lr, beta1, beta2, epsilon, weightDecay, correction1, correction2, gradientScale } = own;
  const gradient = mul(inputs['gradient']!, gradientScale);
  const momentum = add(mul(inputs['momentum']!, beta1), mul(gradient, 1 - beta1));
  const variance = add(mul(inputs['variance']!, beta2), mul(square(gradient), 1 - beta2));
  const denominator = add(sqrt(div(variance, correction2)), epsilon);
  const step = div(mul(momentum, lr / correction1), denominator);
  const { size, shape } = inputs['parameter']!;
  const kept = Float32Array.from({ length: size }, (_, i) =>
    i < own.decayed ? 1 - lr * weightDecay : 1,
  );
  const decayed = mul(inputs['parameter']!, tensor(kept, shape));
  return [sub(decayed, step), momentum, variance];
}

/** x of any shape → Σ x², a scalar. */
export function squaredSumReference({ x }: Inputs): Tensor {
  return sum(square(x!));
}
