/** Dropout with the mask computed in JavaScript and applied by stock tfjs. */
import { mul, tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Inputs } from '../tape.ts';
import { dropoutHash, dropoutThreshold, type DropoutAttributes } from './dropout.ts';

/** x of any shape → the same shape. */
export function dropoutReference({ x }: Inputs, attributes: object): Tensor {
  const { rate, seed } = attributes as DropoutAttributes;
  const threshold = dropoutThreshold(rate);
  const kept = 1 / (1 - rate);
  const mask = Float32Array.from({ length: x!.size }, (_, i) =>
    dropoutHash(seed, i) < threshold ? 0 : kept,
  );
  return mul(x!, tensor(mask, x!.shape));
}
