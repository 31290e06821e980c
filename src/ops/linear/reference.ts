/** Linear with LoRA and its gradients from stock tfjs ops. */
import {
  add,
  concat,
  matMul,
  mul,
  pad,
  slice,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import { at, lengthOf } from '../shape.ts';
import { matrixOf } from '../widen/widen.ts';
import type {
  Linear,
  LinearInputGradient,
  LinearWeightGradient,
  LoraAGradient,
  LoraBGradient,
  LoraHiddenGradient,
} from './linear.ts';
import { slotRows } from './slots.ts';

export const linear: Reference<Linear> = (inputs, attributes) => {
  const { slots, rank, scale, rows } = attributes;
  const { x, w, bias, residual, a, b, loraInput } = inputs;
  let y = matrixProduct(x, matrixOf(w, attributes), false, true);
  if (bias) y = add(y, bias);
  if (residual) y = add(y, residual);
  if (!a || !b) return { y };
  const hidden = matrixProduct(loraInput ?? x, a, false, true);
  const count = lengthOf(hidden);
  slotRows(slots).forEach(({ start, end, bRow }, index) => {
    const p = slice(hidden, [0, index * rank], [count, rank]);
    const slotB = slice(b, [bRow, 0], [end - start, rank]);
    const update = mul(matrixProduct(p, slotB, false, true), scale);
    y = add(
      y,
      pad(update, [
        [0, 0],
        [start, rows - end],
      ]),
    );
  });
  return { y, hidden };
};

export const loraHiddenGradient: Reference<LoraHiddenGradient> = ({ dy, b }, attributes) => {
  const { slots, rank, scale } = attributes;
  const slotGradients = slotRows(slots).map(({ start, end, bRow }) => {
    const columns = slice(dy, [0, start], [lengthOf(dy), end - start]);
    return mul(matrixProduct(columns, slice(b, [bRow, 0], [end - start, rank])), scale);
  });
  return { g: joined(slotGradients, 1) };
};

export const linearInputGradient: Reference<LinearInputGradient> = (inputs, attributes) => {
  const { dy, w, g, a } = inputs;
  const dx = matrixProduct(dy, matrixOf(w, attributes));
  return { dx: g && a ? add(dx, matrixProduct(g, a)) : dx };
};

export const loraAGradient: Reference<LoraAGradient> = ({ g, x }) => ({
  da: matrixProduct(g, x, true, false),
});

export const loraBGradient: Reference<LoraBGradient> = ({ dy, hidden }, attributes) => {
  const { slots, rank, scale } = attributes;
  const count = lengthOf(dy);
  const slotGradients = slotRows(slots).map(({ start, end }, index) => {
    const columns = slice(dy, [0, start], [count, end - start]);
    const p = slice(hidden, [0, index * rank], [count, rank]);
    return mul(matrixProduct(columns, p, true, false), scale);
  });
  return { db: joined(slotGradients, 0) };
};

export const linearWeightGradient: Reference<LinearWeightGradient> = ({ dy, x }) => ({
  dw: matrixProduct(dy, x, true, false),
});

function joined(parts: Tensor[], axis: number): Tensor {
  return parts.length === 1 ? at(parts, 0) : concat(parts, axis);
}

/** left · right, either of them turned. */
export function matrixProduct(
  left: Tensor,
  right: Tensor,
  turnLeft = false,
  turnRight = false,
): Tensor {
  return matMul(left as Tensor2D, right as Tensor2D, turnLeft, turnRight);
}
