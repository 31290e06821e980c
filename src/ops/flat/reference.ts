/** Flattening from stock tfjs ops. */
import { concat, reshape, slice } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import { sizeOf } from '../shape.ts';
import type { Flatten, Unflatten } from './flat.ts';

export const flatten: Reference<Flatten> = ({ t }) => ({
  vector: concat(t.map((tensor) => reshape(tensor, [tensor.size]))),
});

export const unflatten: Reference<Unflatten> = ({ vector }, { shapes }) => {
  let start = 0;
  const t = shapes.map((shape) => {
    const size = sizeOf(shape);
    const values = reshape(slice(vector, [start], [size]), [...shape]);
    start += size;
    return values;
  });
  return { t };
};
