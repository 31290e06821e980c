/**
 * LayerNorm: y = γ · (x − μ)/√(σ² + ε) + β, per row (Ba et al. 2016, arXiv 1607.06450).
 * Backward, with x̂ the normalized row and h = γ·dy: dx = ρ·(h − mean(h) − x̂·mean(h·x̂)).
 */
import { add, mean, mul, rsqrt, square, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { NormAttributes } from '../rms-norm/rms-norm.ts';
import { runKernelForOne, taped } from '../tape.ts';

export const LAYER_NORM = 'IdiolectLayerNorm';
export const LAYER_NORM_BACKWARD = 'IdiolectLayerNormBackward';

/** x [N, C], gamma and beta [C] → [N, C]; differentiable in all three. */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  const attributes: NormAttributes = { epsilon };
  return taped(
    { x, gamma, beta },
    (save) => {
      save([x, gamma]);
      return [runKernelForOne(LAYER_NORM, { x, gamma, beta }, attributes)];
    },
    ([dy], [savedX, savedGamma]) => ({
      x: () =>
        runKernelForOne(
          LAYER_NORM_BACKWARD,
          { x: savedX!, gamma: savedGamma!, dy: dy! },
          attributes,
        ),
      gamma: () =>
        tidy(() => {
          const centered = sub(savedX!, mean(savedX!, -1, true));
          const rho = rsqrt(add(mean(square(centered), -1, true), epsilon));
          return sum(mul(dy!, mul(centered, rho)), 0);
        }),
      beta: () => sum(dy!, 0),
    }),
  )[0]!;
}
