/** Rotary embedding from stock tfjs ops. */
import { add, concat, gather, mul, neg, reshape, slice, sub } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import type { Rope } from './rope.ts';

export const rope: Reference<Rope> = ({ x, table, positions }, attributes) => {
  const { heads, headDim, rotaryDim, inverse } = attributes;
  const [rows, width] = matrixShape(x);
  const half = rotaryDim / 2;
  const angles = reshape(gather(table, positions), [rows, 1, rotaryDim]);
  const cos = slice(angles, [0, 0, 0], [rows, 1, half]);
  const sine = slice(angles, [0, 0, half], [rows, 1, half]);
  const sin = inverse ? neg(sine) : sine;

  const rotated = reshape(slice(x, [0, 0], [rows, heads * headDim]), [rows, heads, headDim]);
  const first = slice(rotated, [0, 0, 0], [rows, heads, half]);
  const second = slice(rotated, [0, 0, half], [rows, heads, half]);
  const parts = [sub(mul(first, cos), mul(second, sin)), add(mul(second, cos), mul(first, sin))];
  if (rotaryDim < headDim) {
    parts.push(slice(rotated, [0, 0, rotaryDim], [rows, heads, headDim - rotaryDim]));
  }
  const turned = reshape(concat(parts, -1), [rows, heads * headDim]);
  if (width === heads * headDim) return { y: turned };
  const rest = slice(x, [0, heads * headDim], [rows, width - heads * headDim]);
  return { y: concat([turned, rest], 1) };
};
