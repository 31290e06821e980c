/**
 * The likeliest token of each row of logits, the first of them if several are: greedy decoding
 * reads one number a sequence instead of a row as long as the vocabulary.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne } from '../tape.ts';

export const LIKELIEST = 'IdiolectLikeliest';

/** logits [M, V] → int32 [M]. Not differentiable. */
export function likeliest(logits: Tensor): Tensor {
  return runKernelForOne(LIKELIEST, { logits });
}
