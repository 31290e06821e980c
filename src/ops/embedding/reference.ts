/** Embedding and its gradient from stock tfjs ops. */
import { gather, matMul, oneHot, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { weightFrom } from '../linear/reference.ts';
import type { Inputs } from '../tape.ts';
import type { WeightAttributes } from '../weight.ts';

/** ids int32 [N], w [V, C] → [N, C]. */
export function embeddingReference(inputs: Inputs, attributes: object): Tensor {
  return gather(weightFrom(inputs, attributes), inputs['ids']!);
}

/** ids int32 [N], dy [N, C] → [V, C]; a product with one-hot rows adds in a fixed order. */
export function embeddingGradientReference({ ids, dy }: Inputs, attributes: object): Tensor {
  const { rows } = attributes as WeightAttributes;
  const chosen = oneHot(ids!, rows, 1, 0, 'float32') as Tensor2D;
  return matMul(chosen, dy as Tensor2D, true, false);
}
