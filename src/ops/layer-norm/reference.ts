/** LayerNorm and its gradient from stock tfjs ops. */
import { add, mean, mul, rsqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import type { GammaGradient, LayerNorm, LayerNormBackward } from './layer-norm.ts';

export const layerNorm: Reference<LayerNorm> = ({ x, gamma, beta }, { epsilon }) => ({
  y: add(mul(normalize(x, epsilon).normalized, gamma), beta),
});

export const layerNormBackward: Reference<LayerNormBackward> = (
  { x, gamma, dy, soFar },
  { epsilon },
) => {
  const { normalized, rho } = normalize(x, epsilon);
  const scaled = mul(dy, gamma);
  const along = mul(normalized, mean(mul(scaled, normalized), -1, true));
  const dx = mul(rho, sub(sub(scaled, mean(scaled, -1, true)), along));
  return { dx: soFar ? add(dx, soFar) : dx };
};

export const gammaGradient: Reference<GammaGradient> = ({ x, dy }, { epsilon }) => ({
  dgamma: sum(mul(dy, normalize(x, epsilon).normalized), 0),
});

function normalize(x: Tensor, epsilon: number): { normalized: Tensor; rho: Tensor } {
  const centered = sub(x, mean(x, -1, true));
  const rho = rsqrt(add(mean(square(centered), -1, true), epsilon));
  return { normalized: mul(centered, rho), rho };
}
