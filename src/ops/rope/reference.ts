/** Rotary embedding from stock tfjs ops. */
import {
  add,
  concat,
  gather,
  mul,
  neg,
  reshape,
  slice,
  sub,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Inputs } from '../tape.ts';
import type { RopeAttributes } from './rope.ts';

/** x [N, W], table [positions, rotaryDim], positions int32 [N] → [N, W]. */
export function ropeReference({ x, table, positions }: Inputs, attributes: object): Tensor {
  const { heads, headDim, rotaryDim, inverse } = attributes as RopeAttributes;
  const [rows, width] = x!.shape as [number, number];
  const half = rotaryDim / 2;
  const angles = reshape(gather(table!, positions!), [rows, 1, rotaryDim]);
  const cos = slice(angles, [0, 0, 0], [rows, 1, half]);
  const sine = slice(angles, [0, 0, half], [rows, 1, half]);
  const sin = inverse ? neg(sine) : sine;

  const rotated = reshape(slice(x!, [0, 0], [rows, heads * headDim]), [rows, heads, headDim]);
  const first = slice(rotated, [0, 0, 0], [rows, heads, half]);
  const second = slice(rotated, [0, 0, half], [rows, heads, half]);
  const pieces = [sub(mul(first, cos), mul(second, sin)), add(mul(second, cos), mul(first, sin))];
  if (rotaryDim < headDim) {
    pieces.push(slice(rotated, [0, 0, rotaryDim], [rows, heads, headDim - rotaryDim]));
  }
  const turned = reshape(concat(pieces, -1), [rows, heads * headDim]);
  if (width === heads * headDim) return turned;
  return concat([turned, slice(x!, [0, heads * headDim], [rows, width - heads * headDim])], 1);
}
