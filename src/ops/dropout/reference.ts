/** Dropout with the mask computed in JavaScript and applied by stock tfjs. */
import { mul, tensor } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import type { Dropout } from './dropout.ts';
import { dropoutHash, dropoutThreshold } from './hash.ts';

export const dropout: Reference<Dropout> = ({ x }, { rate, seed }) => {
  const threshold = dropoutThreshold(rate);
  const kept = 1 / (1 - rate);
  const mask = Float32Array.from({ length: x.size }, (_, i) =>
    dropoutHash(seed, i) < threshold ? 0 : kept,
  );
  return { y: mul(x, tensor(mask, x.shape)) };
};
