/** The likeliest token in plain JavaScript, for backends that keep values in host memory. */
import { tensor } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import { valuesOf } from '../host-values.ts';
import { matrixShape } from '../shape.ts';
import type { Likeliest } from './likeliest.ts';

export const likeliest: Reference<Likeliest> = ({ logits }) => {
  const [rows, width] = matrixShape(logits);
  const values = valuesOf(logits);
  const best = Int32Array.from({ length: rows }, (_, row) => {
    let [largest = NaN] = values.subarray(row * width, row * width + 1);
    let first = 0;
    values.subarray(row * width, (row + 1) * width).forEach((value, v) => {
      if (value > largest) [largest, first] = [value, v];
    });
    return first;
  });
  return { best: tensor(best, [rows], 'int32') };
};
