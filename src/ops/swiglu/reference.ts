/** SwiGLU and its gradient from stock tfjs ops. */
import { add, concat, mul, sigmoid, split, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Inputs } from '../tape.ts';

/** x [N, 2F] → [N, F]. */
export function swiGluReference({ x }: Inputs): Tensor {
  const [gate, up] = split(x!, 2, 1) as [Tensor, Tensor];
  return mul(mul(gate, sigmoid(gate)), up);
}

/** x [N, 2F], dy [N, F] → dx [N, 2F] and y [N, F]. */
export function swiGluBackwardReference({ x, dy }: Inputs): Tensor[] {
  const [gate, up] = split(x!, 2, 1) as [Tensor, Tensor];
  const s = sigmoid(gate);
  const slope = mul(s, add(mul(gate, sub(1, s)), 1));
  const activated = mul(gate, s);
  const dx = concat([mul(mul(dy!, up), slope), mul(dy!, activated)], 1);
  return [dx, mul(activated, up)];
}
