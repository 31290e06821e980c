/** Flattening from stock tfjs ops. */
import { concat, reshape, slice, type Tensor } from '@tensorflow/tfjs-core';
import type { Inputs } from '../tape.ts';
import { numbered, sizeOf, type UnflattenAttributes } from './flat.ts';

/** t0, t1, … of any shapes → [Σ sizes]. */
export function flattenReference(inputs: Inputs): Tensor {
  return concat(numbered(inputs).map((own) => reshape(own, [own.size])));
}

/** vector [Σ sizes] → a tensor for each shape. */
export function unflattenReference({ vector }: Inputs, attributes: object): Tensor[] {
  let start = 0;
  return (attributes as UnflattenAttributes).shapes.map((shape) => {
    const size = sizeOf(shape);
    const own = reshape(slice(vector!, [start], [size]), [...shape]);
    start += size;
    return own;
  });
}
