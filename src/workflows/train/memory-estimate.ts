/** What a training run will need, before it starts. Bytes; an estimate from shapes alone. */
import { LOGITS_BYTES } from '../../ops/cross-entropy/config.ts';
import type { LanguageModel } from '../../../models/language-model.ts';

export interface MemoryEstimate {
  weights: number;
  /** Trained values, gradients, two moments, and the first two once more end to end. */
  training: number;
  activations: number;
  total: number;
}

/**
 * @param tokens B·T of the largest micro-batch
 * @param checkpointing only each block's input is kept, and one block at a time recomputed
 */
export function estimateMemory(
  model: LanguageModel,
  trainedParameters: number,
  tokens: number,
  checkpointing: boolean,
): MemoryEstimate {
  const { layers, width, vocabSize } = model.shape;
  // Every linear keeps its input for the gradient of A and hands on its output: together these are
  // what a block remembers (norms, attention and activations keep the same tensors).
  const perToken = model.linears.reduce((sum, { weight }) => sum + weight.columns + weight.rows, 0);
  // A block that is recomputed is there with its gradients.
  const kept = checkpointing ? layers * width + (2 * perToken) / layers : perToken;
  const activations =
    4 * tokens * (kept + 4 * width) + Math.min(LOGITS_BYTES, 8 * tokens * vocabSize);
  const training = 24 * trainedParameters;
  const total = model.weightBytes + training + activations;
  return { weights: model.weightBytes, training, activations, total };
}
