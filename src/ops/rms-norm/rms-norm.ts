/**
 * RMSNorm: y = γ · x / √(mean(x²) + ε), per row (Zhang & Sennrich 2019, arXiv 1910.07467).
 * Backward, with ρ = (mean(x²) + ε)^(−½) and x̂ = x·ρ: dx = ρ·(γ·dy − x̂·mean(γ·dy·x̂)),
 * dγ = Σ over the rows of dy∘x̂. The pass for dx gives y again, for `rmsNormOf`.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Recomputable } from '../linear/recomputable.ts';
import { accumulating, runKernel, runKernelForOne, taped } from '../tape.ts';

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
      x: accumulating((soFar) => {
        const inputs = { x: savedX!, gamma: savedGamma!, dy: dy!, ...(soFar && { soFar }) };
        return runKernel(RMS_NORM_BACKWARD, inputs, attributes)[0]!;
      }),
      gamma: () => runKernelForOne(RMS_NORM_GAMMA_GRADIENT, { x: savedX!, dy: dy! }, attributes),
    }),
  )[0]!;
}

/** The same in front of a linear, which then remembers x only. */
export function rmsNormOf(x: Tensor, gamma: Tensor, epsilon: number): Recomputable {
  return {
    kernel: RMS_NORM,
    backwardKernel: RMS_NORM_BACKWARD,
    accumulates: true,
    inputs: { x, gamma },
    attributes: { epsilon },
    parameterGradients: (inputs, dh) => ({
      gamma: () =>
        runKernelForOne(RMS_NORM_GAMMA_GRADIENT, { x: inputs['x']!, dy: dh() }, { epsilon }),
    }),
    apply: () => rmsNorm(x, gamma, epsilon),
  };
}
