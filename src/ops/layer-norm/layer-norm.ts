/**
 * LayerNorm: y = γ · (x − μ)/√(σ² + ε) + β, per row (Ba et al. 2016, arXiv 1607.06450).
 * Backward, with x̂ the normalized row and h = γ·dy: dx = ρ·(h − mean(h) − x̂·mean(h·x̂)),
 * dγ and dβ are the sums over the rows of dy∘x̂ and of dy.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { columnSum } from '../column-sum/column-sum.ts';
import { defineOp, type Signature } from '../define-op.ts';
import type { GammaGradient, NormAttributes } from '../rms-norm/rms-norm.ts';
import { accumulating } from '../tape.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

/** x [N, C], gamma and beta [C] → y [N, C]. */
export type LayerNorm = Signature<'x' | 'gamma' | 'beta', 'y', NormAttributes>;
/** x, dy [N, C], gamma [C] → dx [N, C], plus soFar [N, C] if given. */
export type LayerNormBackward = Signature<'x' | 'gamma' | 'dy' | 'soFar?', 'dx', NormAttributes>;
export type { GammaGradient };

export const layerNormOp = defineOp({
  name: 'IdiolectLayerNorm',
  inputs: ['x', 'gamma', 'beta'],
  outputs: ['y'],
  reference: reference.layerNorm,
  wasm: wasm.layerNorm,
  webgpu: webgpu.layerNorm,
  saved: ['x', 'gamma'],
  backward: ({ dy, saved: { x, gamma }, attributes }) => ({
    x: accumulating((soFar) => layerNormBackward.run({ x, gamma, dy, soFar }, attributes).dx),
    gamma: () => layerNormGammaGradient.run({ x, dy }, attributes).dgamma,
    beta: () => columnSum(dy),
  }),
});

export const layerNormBackward = defineOp({
  name: 'IdiolectLayerNormBackward',
  inputs: ['x', 'gamma', 'dy', 'soFar?'],
  outputs: ['dx'],
  reference: reference.layerNormBackward,
  wasm: wasm.layerNormBackward,
  webgpu: webgpu.layerNormBackward,
});

export const layerNormGammaGradient = defineOp({
  name: 'IdiolectLayerNormGammaGradient',
  inputs: ['x', 'dy'],
  outputs: ['dgamma'],
  reference: reference.gammaGradient,
  wasm: wasm.gammaGradient,
  webgpu: webgpu.gammaGradient,
});

/** x [N, C], gamma and beta [C] → [N, C]; differentiable in all three. */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
  return layerNormOp.apply({ x, gamma, beta }, { epsilon }).y;
}
