/** SwiGLU and its gradient from stock tfjs ops. */
import { add, concat, mul, sigmoid, split, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import { at } from '../shape.ts';
import type { SwiGlu, SwiGluBackward } from './swiglu.ts';

export const swiGlu: Reference<SwiGlu> = ({ x }) => {
  const { gate, up } = halves(x);
  return { y: mul(mul(gate, sigmoid(gate)), up) };
};

export const swiGluBackward: Reference<SwiGluBackward> = ({ x, dy }) => {
  const { gate, up } = halves(x);
  const s = sigmoid(gate);
  const slope = mul(s, add(mul(gate, sub(1, s)), 1));
  const activated = mul(gate, s);
  const dx = concat([mul(mul(dy, up), slope), mul(dy, activated)], 1);
  return { dx, y: mul(activated, up) };
};

function halves(x: Tensor): { gate: Tensor; up: Tensor } {
  const parts = split(x, 2, 1);
  return { gate: at(parts, 0), up: at(parts, 1) };
}
