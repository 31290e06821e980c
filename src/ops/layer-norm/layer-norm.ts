/**
 * LayerNorm: y = γ · (x − μ)/√(σ² + ε) + β, per row (Ba et al. 2016, arXiv 1607.06450).
 * Backward, with x̂ the normalized row and h = γ·dy: dx = ρ·(h − mean(h) − x̂·mean(h·x̂)),
 * dγ and dβ are the sums over the rows of dy∘x̂ and of dy.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { columnSum } from '../column-sum/column-sum.ts';
import type { NormAttributes } from '../rms-norm/rms-norm.ts';
import { accumulating, runKernelForOne, taped } from '../tape.ts';

export const LAYER_NORM = 'IdiolectLayerNorm';
export const LAYER_NORM_BACKWARD = 'IdiolectLayerNormBackward';
export const LAYER_NORM_GAMMA_GRADIENT = 'IdiolectLayerNormGammaGradient';

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
      x: accumulating((soFar) =>
        runKernelForOne(
          LAYER_NORM_BACKWARD,
          { x: savedX!, gamma: savedGamma!, dy: dy!, ...(soFar && { soFar }) },
          attributes,
        ),
      ),
      gamma: () => runKernelForOne(LAYER_NORM_GAMMA_GRADIENT, { x: savedX!, dy: dy! }, attributes),
      beta: () => columnSum(dy!),
    }),
  )[0]!;
}
