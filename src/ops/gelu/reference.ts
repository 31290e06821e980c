/** GELU and its gradient from stock tfjs ops. */
import { add, erf, exp, mul, square, sub, tanh, type Tensor } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import type { Gelu, GeluBackward } from './gelu.ts';

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

export const gelu: Reference<Gelu> = ({ x }, { form }) => {
  const inner = form === 'tanh' ? tanh(tanhArgument(x)) : erf(mul(x, Math.SQRT1_2));
  return { y: mul(mul(x, 0.5), add(inner, 1)) };
};

export const geluBackward: Reference<GeluBackward> = ({ x, dy }, { form }) => {
  if (form === 'erf') {
    const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    const cumulative = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    return { dx: mul(dy, add(cumulative, mul(x, density))) };
  }
  const t = tanh(tanhArgument(x));
  const slope = mul(add(mul(square(x), 3 * CUBIC), 1), SQRT_2_OVER_PI);
  const curve = mul(mul(mul(x, 0.5), sub(1, square(t))), slope);
  return { dx: mul(dy, add(mul(add(t, 1), 0.5), curve)) };
};

function tanhArgument(x: Tensor): Tensor {
  return mul(mul(x, add(mul(square(x), CUBIC), 1)), SQRT_2_OVER_PI);
}
