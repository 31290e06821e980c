/**
 * RMSNorm: y = γ · x / √(mean(x²) + ε), per row (Zhang & Sennrich 2019, arXiv 1910.07467).
 * Backward, with ρ = (mean(x²) + ε)^(−½) and x̂ = x·ρ: dx = ρ·(γ·dy − x̂·mean(γ·dy·x̂)),
 * dγ = Σ over the rows of dy∘x̂. The pass for dx gives y again, for `rmsNormOf`.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import type { Recomputable } from '../linear/recomputable.ts';
import { accumulating } from '../tape.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

export interface NormAttributes {
  epsilon: number;
}

/** x [N, C], gamma [C] → y [N, C]. */
export type RmsNorm = Signature<'x' | 'gamma', 'y', NormAttributes>;
/** x, dy [N, C], gamma [C] → dx [N, C], plus soFar [N, C] if given, and y [N, C]. */
export type RmsNormBackward = Signature<
  'x' | 'gamma' | 'dy' | 'soFar?',
  'dx' | 'y',
  NormAttributes
>;
/** x, dy [N, C] → dgamma [C]. */
export type GammaGradient = Signature<'x' | 'dy', 'dgamma', NormAttributes>;

export const rmsNormOp = defineOp({
  name: 'IdiolectRmsNorm',
  inputs: ['x', 'gamma'],
  outputs: ['y'],
  reference: reference.rmsNorm,
  wasm: wasm.rmsNorm,
  webgpu: webgpu.rmsNorm,
  saved: ['x', 'gamma'],
  backward: ({ dy, saved: { x, gamma }, attributes }) => ({
    x: accumulating((soFar) => rmsNormBackward.run({ x, gamma, dy, soFar }, attributes).dx),
    gamma: () => rmsNormGammaGradient.run({ x, dy }, attributes).dgamma,
  }),
});

export const rmsNormBackward = defineOp({
  name: 'IdiolectRmsNormBackward',
  inputs: ['x', 'gamma', 'dy', 'soFar?'],
  outputs: ['dx', 'y'],
  reference: reference.rmsNormBackward,
  wasm: wasm.rmsNormBackward,
  webgpu: webgpu.rmsNormBackward,
});

export const rmsNormGammaGradient = defineOp({
  name: 'IdiolectRmsNormGammaGradient',
  inputs: ['x', 'dy'],
  outputs: ['dgamma'],
  reference: reference.gammaGradient,
  wasm: wasm.gammaGradient,
  webgpu: webgpu.gammaGradient,
});

/** x [N, C], gamma [C] → [N, C]; differentiable in x and gamma. */
export function rmsNorm(x: Tensor, gamma: Tensor, epsilon: number): Tensor {
  return rmsNormOp.apply({ x, gamma }, { epsilon }).y;
}

/** The same in front of a linear, which then remembers x only. */
export function rmsNormOf(
  x: Tensor,
  gamma: Tensor,
  epsilon: number,
): Recomputable<{ x: Tensor; gamma: Tensor }> {
  const attributes = { epsilon };
  return {
    inputs: { x, gamma },
    accumulates: true,
    forward: (inputs) => rmsNormOp.run(inputs, attributes).y,
    backward(inputs, dh, soFar) {
      const { dx, y } = rmsNormBackward.run({ ...inputs, dy: dh, soFar }, attributes);
      return { dx, h: y };
    },
    parameterGradients: (inputs, dh) => ({
      gamma: () => rmsNormGammaGradient.run({ x: inputs.x, dy: dh() }, attributes).dgamma,
    }),
    apply: () => rmsNorm(x, gamma, epsilon),
  };
}
