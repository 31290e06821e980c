/** AdamW and the squared norm from stock tfjs ops. */
import { add, div, mul, sqrt, square, sub, sum, tensor } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import type { AdamW, SquaredSum } from './adamw.ts';

export const adamW: Reference<AdamW> = (inputs, attributes) => {
  const { lr, beta1, beta2, epsilon, weightDecay, decayed } = attributes;
  const { correction1, correction2, gradientScale } = attributes;
  const gradient = mul(inputs.gradient, gradientScale);
  const momentum = add(mul(inputs.momentum, beta1), mul(gradient, 1 - beta1));
  const variance = add(mul(inputs.variance, beta2), mul(square(gradient), 1 - beta2));
  const denominator = add(sqrt(div(variance, correction2)), epsilon);
  const step = div(mul(momentum, lr / correction1), denominator);
  const { size, shape } = inputs.parameter;
  const kept = Float32Array.from({ length: size }, (_, i) =>
    i < decayed ? 1 - lr * weightDecay : 1,
  );
  const parameter = sub(mul(inputs.parameter, tensor(kept, shape)), step);
  return { parameter, momentum, variance };
};

export const squaredSum: Reference<SquaredSum> = ({ x }) => ({ sum: sum(square(x)) });
