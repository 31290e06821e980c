/** The likeliest token in plain JavaScript, for backends that keep values in host memory. */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { valuesOf } from '../host-values.ts';
import type { Inputs } from '../tape.ts';

/** logits [M, V] → int32 [M]. */
export function likeliestReference({ logits }: Inputs): Tensor {
  const [rows, width] = logits!.shape as [number, number];
  const values = valuesOf(logits!);
  const best = Int32Array.from({ length: rows }, (_, row) => {
    let first = 0;
    for (let v = 1; v < width; v++) {
      if (values[row * width + v]! > values[row * width + first]!) first = v;
    }
    return first;
  });
  return tensor(best, [rows], 'int32');
}
