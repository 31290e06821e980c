/** Logits as a tensor, where they are wanted themselves and not only their cross-entropy. */
import { concat, type Tensor } from '@tensorflow/tfjs-core';
import { at } from '../shape.ts';
import type { Weight } from '../weight.ts';
import { linear } from './linear.ts';

/** x [M, C] → logits [M, V], part by part when the table is cut. */
export function headLogits(x: Tensor, head: Weight): Tensor {
  const logits = head.parts.map((part, i) => {
    const rows = Math.min(head.partRows, head.rows - i * head.partRows);
    return linear(x, { ...head, parts: [part], rows, partRows: rows });
  });
  return logits.length === 1 ? at(logits, 0) : concat(logits, 1);
}
