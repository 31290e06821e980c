/**
 * Rotary position embedding, half-split form (Su et al. 2021, arXiv 2104.09864, as Llama, Qwen
 * and GPT-NeoX use it): within the first `rotaryDim` values of each rotated head,
 * y₁ = x₁·cos − x₂·sin and y₂ = x₂·cos + x₁·sin. Backward is the inverse rotation.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne, taped } from '../tape.ts';

export const ROPE = 'IdiolectRope';

export interface RopeShape {
  /** Heads at the start of each row that are rotated; what follows is copied. */
  heads: number;
  headDim: number;
  /** Even, at most headDim. */
  rotaryDim: number;
}

export interface RopeAttributes extends RopeShape {
  inverse: boolean;
}

/**
 * x [N, W] with W ≥ heads·headDim; table [positions, rotaryDim], a row being the cosines of the
 * rotaryDim/2 angles, then their sines; positions int32 [N] → [N, W]; differentiable in x.
 */
export function rope(x: Tensor, table: Tensor, positions: Tensor, shape: RopeShape): Tensor {
  return taped(
    { x },
    (save) => {
      save([table, positions]);
      return [runKernelForOne(ROPE, { x, table, positions }, { ...shape, inverse: false })];
    },
    ([dy], [savedTable, savedPositions]) => ({
      x: () =>
        runKernelForOne(
          ROPE,
          { x: dy!, table: savedTable!, positions: savedPositions! },
          { ...shape, inverse: true },
        ),
    }),
  )[0]!;
}
