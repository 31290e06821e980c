/** Rows of an embedding table by token id, whatever the table's format. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne, taped } from '../tape.ts';
import { weightAttributes, weightInputs, type Weight, type WeightAttributes } from '../weight.ts';

export const EMBEDDING = 'IdiolectEmbedding';
export const EMBEDDING_GRADIENT = 'IdiolectEmbeddingGradient';

/**
 * ids int32 [N] → [N, C]. Ids must be checked against the vocabulary before: WebGPU reads zeros
 * past the end without a word. Differentiable in a table that is one float32 tensor.
 */
export function embedding(table: Weight, ids: Tensor): Tensor {
  const attributes: WeightAttributes = weightAttributes(table);
  const parts = weightInputs(table);
  return taped(
    parts,
    (save) => {
      save([ids]);
      return [runKernelForOne(EMBEDDING, { ids, ...parts }, attributes)];
    },
    ([dy], [savedIds]) => ({
      w0: () => runKernelForOne(EMBEDDING_GRADIENT, { ids: savedIds!, dy: dy! }, attributes),
    }),
  )[0]!;
}
