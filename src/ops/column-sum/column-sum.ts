/** x [N, C] → Σ over the rows [C]: the gradient of a bias. Not differentiable. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne } from '../tape.ts';

export const COLUMN_SUM = 'IdiolectColumnSum';

export function columnSum(x: Tensor): Tensor {
  return runKernelForOne(COLUMN_SUM, { x });
}
