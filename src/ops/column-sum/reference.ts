/** Column sums from stock tfjs ops. */
import { sum, type Tensor } from '@tensorflow/tfjs-core';
import type { Inputs } from '../tape.ts';

/** x [N, C] → [C]. */
export function columnSumReference({ x }: Inputs): Tensor {
  return sum(x!, 0);
}
