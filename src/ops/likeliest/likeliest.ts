/**
 * The likeliest token of each row of logits, the first of them if several are: greedy decoding
 * reads one number a sequence instead of a row as long as the vocabulary. Not differentiable.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';

/** logits [M, V] → best int32 [M]. */
export type Likeliest = Signature<'logits', 'best'>;

export const likeliestOp = defineOp({
  name: 'IdiolectLikeliest',
  inputs: ['logits'],
  outputs: ['best'],
  reference: reference.likeliest,
  webgpu: webgpu.likeliest,
});

/** logits [M, V] → int32 [M]. */
export function likeliest(logits: Tensor): Tensor {
  return likeliestOp.run({ logits }).best;
}
