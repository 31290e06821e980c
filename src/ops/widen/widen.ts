/** Widen: a weight in any format → one float32 tensor [rows, columns]. Not differentiable. */
import { concat, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne } from '../tape.ts';
import type { Weight } from '../weight.ts';

export const WIDEN = 'IdiolectWiden';

export interface WidenAttributes {
  format: 'f16' | 'bf16';
  size: number;
}

/** The whole weight as float32 [rows, columns]; the caller disposes it unless inside a tidy. */
export function widen(weight: Weight): Tensor {
  const { rows, columns, format } = weight;
  return tidy(() => {
    const parts = weight.parts.map((part, i) => {
      const partRows = Math.min(weight.partRows, rows - i * weight.partRows);
      if (format === 'f32') return reshape(part, [partRows, columns]);
      const size = partRows * columns;
      return reshape(runKernelForOne(WIDEN, { words: part }, { format, size }), [
        partRows,
        columns,
      ]);
    });
    return parts.length === 1 ? parts[0]! : concat(parts, 0);
  });
}
