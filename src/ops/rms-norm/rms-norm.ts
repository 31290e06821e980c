/**
 * RMSNorm: y = γ · x / √(mean(x²) + ε), per row (Zhang & Sennrich 2019, arXiv 1910.07467).
 * Backward, with ρ = (mean(x²) + ε)^(−½) and x̂ = x·ρ: dx = ρ·(γ·dy − x̂·mean(γ·dy·x̂)),
 * dγ = Σ over the rows of dy∘x̂.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { runKernelForOne, taped } from '../tape.ts';

export const RMS_NORM = 'IdiolectRmsNorm';
export const RMS_NORM_BACKWARD = 'IdiolectRmsNormBackward';
export const RMS_NORM_GAMMA_GRADIENT = 'IdiolectRmsNormGammaGradient';

export interface NormAttributes {
  epsilon: number;
}

/** x [N, C], gamma [C] → [N, C]; differentiable in x and gamma. */
export function rmsNorm(x: Tensor, gamma: Tensor, epsilon: number): Tensor {
  const attributes: NormAttributes = { epsilon };
  return taped(
    { x, gamma },
    (save) => {
      save([x, gamma]);
      return [runKernelForOne(RMS_NORM, { x, gamma }, attributes)];
    },
    ([dy], [savedX, savedGamma]) => ({
      x: () =>
        runKernelForOne(RMS_NORM_BACKWARD, { x: savedX!, gamma: savedGamma!, dy: dy! }, attributes),
      gamma: () => runKernelForOne(RMS_NORM_GAMMA_GRADIENT, { x: savedX!, dy: dy! }, attributes),
    }),
  )[0]!;
}
