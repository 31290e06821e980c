/** Rows of an embedding table by token id, whatever the table's format. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import { weightAttributes, type Weight, type WeightAttributes } from '../weight.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

/** ids int32 [N], w [V, C] → y [N, C]. */
export type Embedding = Signature<'ids' | 'w*', 'y', WeightAttributes>;
/** ids int32 [N], dy [N, C] → dw [V, C]. */
export type EmbeddingGradient = Signature<'ids' | 'dy', 'dw', WeightAttributes>;

export const embeddingOp = defineOp({
  name: 'IdiolectEmbedding',
  inputs: ['ids', 'w*'],
  outputs: ['y'],
  reference: reference.embedding,
  wasm: wasm.embedding,
  webgpu: webgpu.embedding,
  saved: ['ids'],
  backward: ({ dy, saved: { ids }, attributes }) => ({
    w: [() => embeddingGradient.run({ ids, dy }, attributes).dw],
  }),
});

export const embeddingGradient = defineOp({
  name: 'IdiolectEmbeddingGradient',
  inputs: ['ids', 'dy'],
  outputs: ['dw'],
  reference: reference.embeddingGradient,
  wasm: wasm.embeddingGradient,
  webgpu: webgpu.embeddingGradient,
});

/**
 * ids int32 [N] → [N, C]. Ids must be checked against the vocabulary before: WebGPU reads zeros
 * past the end without a word. Differentiable in a table that is one float32 tensor.
 */
export function embedding(table: Weight, ids: Tensor): Tensor {
  return embeddingOp.apply({ ids, w: table.parts }, weightAttributes(table)).y;
}
