/** Widen: a weight in any format → one float32 tensor [rows, columns]. Not differentiable. */
import { concat, reshape, slice, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne } from '../tape.ts';
import { rowValues, type Weight, type WeightFormat } from '../weight.ts';

export const WIDEN = 'IdiolectWiden';

export interface WidenAttributes {
  format: Exclude<WeightFormat, 'f32'>;
  /** Values, with those that fill the rows of int8. */
  size: number;
}

/** The whole weight as float32 [rows, columns]; the caller disposes it unless inside a tidy. */
export function widen(weight: Weight): Tensor {
  const { rows, columns, format } = weight;
  return tidy(() => {
    const parts = weight.parts.map((part, i) => {
      const partRows = Math.min(weight.partRows, rows - i * weight.partRows);
      if (format === 'f32') return reshape(part, [partRows, columns]);
      const width = rowValues(format, columns);
      const size = partRows * width;
      const wide = reshape(runKernelForOne(WIDEN, { words: part }, { format, size }), [
        partRows,
        width,
      ]);
      return width === columns ? wide : slice(wide, [0, 0], [partRows, columns]);
    });
    return parts.length === 1 ? parts[0]! : concat(parts, 0);
  });
}
