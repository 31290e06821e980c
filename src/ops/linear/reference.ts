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
import type { Inputs } from '../tape.ts';
import type { Weight, WeightAttributes } from '../weight.ts';
import { widen } from '../widen/widen.ts';
import type { LinearAttributes, LoraAttributes } from './linear.ts';

/** x [N, in], w [out, in], a [S·R, in], b [Σ slot rows, R] → y [N, out] and P [N, S·R]. */
export function linearReference(inputs: Inputs, attributes: object): Tensor[] {
  const { slots, rank, scale, rows } = attributes as LinearAttributes;
  const { x, bias, a, b, residual, loraInput } = inputs;
  let y: Tensor = matrixProduct(x!, weightFrom(inputs, attributes), false, true);
  if (bias) y = add(y, bias);
  if (residual) y = add(y, residual);
  if (!a) return [y];
  const hidden = matrixProduct(loraInput ?? x!, a, false, true);
  const count = hidden.shape[0];
  forEachSlot(slots, (index, start, end, bRow) => {
    const p = slice(hidden, [0, index * rank], [count, rank]);
    const ownB = slice(b!, [bRow, 0], [end - start, rank]);
    const update = mul(matrixProduct(p, ownB, false, true), scale);
    y = add(
      y,
      pad(update, [
        [0, 0],
        [start, rows - end],
      ]),
    );
  });
  return [y, hidden];
}

/** dy [N, out], b → G = s·dy·B [N, S·R]. */
export function loraHiddenGradientReference({ dy, b }: Inputs, attributes: object): Tensor {
  const { slots, rank, scale } = attributes as LoraAttributes;
  const pieces: Tensor[] = [];
  forEachSlot(slots, (_, start, end, bRow) => {
    const own = slice(dy!, [0, start], [dy!.shape[0], end - start]);
    pieces.push(mul(matrixProduct(own, slice(b!, [bRow, 0], [end - start, rank])), scale));
  });
  return pieces.length === 1 ? pieces[0]! : concat(pieces, 1);
}

/** dy [N, out], w [out, in], g [N, S·R], a [S·R, in] → dx [N, in]. */
export function linearInputGradientReference(inputs: Inputs, attributes: object): Tensor {
  const { dy, g, a } = inputs;
  const dx = matrixProduct(dy!, weightFrom(inputs, attributes));
  return g ? add(dx, matrixProduct(g, a!)) : dx;
}

/** g [N, S·R], x [N, in] → dA [S·R, in]. */
export function loraAGradientReference({ g, x }: Inputs): Tensor {
  return matrixProduct(g!, x!, true, false);
}

/** dy [N, out], hidden = P [N, S·R] → dB [Σ slot rows, R]. */
export function loraBGradientReference({ dy, hidden }: Inputs, attributes: object): Tensor {
  const { slots, rank, scale } = attributes as LoraAttributes;
  const count = dy!.shape[0];
  const pieces: Tensor[] = [];
  forEachSlot(slots, (index, start, end) => {
    const own = slice(dy!, [0, start], [count, end - start]);
    const p = slice(hidden!, [0, index * rank], [count, rank]);
    pieces.push(mul(matrixProduct(own, p, true, false), scale));
  });
  return pieces.length === 1 ? pieces[0]! : concat(pieces, 0);
}

/** dy [N, out], x [N, in] → dW [out, in]. */
export function linearWeightGradientReference({ dy, x }: Inputs): Tensor {
  return matrixProduct(dy!, x!, true, false);
}

/** The float32 matrix behind the inputs w0, w1, … of a kernel. */
export function weightFrom(inputs: Inputs, attributes: object): Tensor {
  const { format, rows, columns, partRows } = attributes as WeightAttributes;
  const parts: Tensor[] = [];
  for (let i = 0; inputs[`w${i}`]; i++) parts.push(inputs[`w${i}`]!);
  const weight: Weight = { parts, partRows, rows, columns, format };
  return widen(weight);
}

function forEachSlot(
  slots: readonly number[],
  visit: (index: number, start: number, end: number, bRow: number) => void,
): void {
  let bRow = 0;
  for (let index = 0; index < slots.length / 2; index++) {
    const start = slots[2 * index]!;
    const end = slots[2 * index + 1]!;
    visit(index, start, end, bRow);
    bRow += end - start;
  }
}

function matrixProduct(left: Tensor, right: Tensor, turnLeft = false, turnRight = false): Tensor {
  return matMul(left as Tensor2D, right as Tensor2D, turnLeft, turnRight);
}
