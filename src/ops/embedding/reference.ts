/** Embedding and its gradient from stock tfjs ops. */
import { gather, oneHot } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import { matrixProduct } from '../linear/reference.ts';
import { matrixOf } from '../widen/widen.ts';
import type { Embedding, EmbeddingGradient } from './embedding.ts';

export const embedding: Reference<Embedding> = ({ ids, w }, attributes) => ({
  y: gather(matrixOf(w, attributes), ids),
});

/** A product with one-hot rows adds in a fixed order. */
export const embeddingGradient: Reference<EmbeddingGradient> = ({ ids, dy }, { rows }) => ({
  dw: matrixProduct(oneHot(ids, rows, 1, 0, 'float32'), dy, true, false),
});
