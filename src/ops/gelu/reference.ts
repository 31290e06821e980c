/** GELU and its gradient from stock tfjs ops. */
import { add, erf, exp, mul, square, sub, tanh, type Tensor } from '@tensorflow/tfjs-core';
import type { Inputs } from '../tape.ts';
import type { GeluAttributes } from './gelu.ts';

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** x [N, F] → [N, F]. */
export function geluReference({ x }: Inputs, attributes: object): Tensor {
  const { form } = attributes as GeluAttributes;
  const inner = form === 'tanh' ? tanh(tanhArgument(x!)) : erf(mul(x!, Math.SQRT1_2));
  return mul(mul(x!, 0.5), add(inner, 1));
}

/** x, dy [N, F] → dx [N, F]. */
export function geluBackwardReference({ x, dy }: Inputs, attributes: object): Tensor {
  const { form } = attributes as GeluAttributes;
  if (form === 'erf') {
    const density = mul(exp(mul(square(x!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    const cumulative = mul(add(erf(mul(x!, Math.SQRT1_2)), 1), 0.5);
    return mul(dy!, add(cumulative, mul(x!, density)));
  }
  const t = tanh(tanhArgument(x!));
  const slope = mul(add(mul(square(x!), 3 * CUBIC), 1), SQRT_2_OVER_PI);
  const curve = mul(mul(mul(x!, 0.5), sub(1, square(t))), slope);
  return mul(dy!, add(mul(add(t, 1), 0.5), curve));
}

function tanhArgument(x: Tensor): Tensor {
  return mul(mul(x, add(mul(square(x), CUBIC), 1)), SQRT_2_OVER_PI);
}
