/** RMSNorm and its gradient from stock tfjs ops. */
import { add, mean, mul, rsqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import type { GammaGradient, RmsNorm, RmsNormBackward } from './rms-norm.ts';

export const rmsNorm: Reference<RmsNorm> = ({ x, gamma }, { epsilon }) => ({
  y: mul(mul(x, inverseRoot(x, epsilon)), gamma),
});

export const rmsNormBackward: Reference<RmsNormBackward> = (
  { x, gamma, dy, soFar },
  { epsilon },
) => {
  const rho = inverseRoot(x, epsilon);
  const normalized = mul(x, rho);
  const scaled = mul(dy, gamma);
  const dx = mul(rho, sub(scaled, mul(normalized, mean(mul(scaled, normalized), -1, true))));
  return { dx: soFar ? add(dx, soFar) : dx, y: mul(normalized, gamma) };
};

export const gammaGradient: Reference<GammaGradient> = ({ x, dy }, { epsilon }) => ({
  dgamma: sum(mul(dy, mul(x, inverseRoot(x, epsilon))), 0),
});

/** ρ [N, 1] */
function inverseRoot(x: Tensor, epsilon: number): Tensor {
  return rsqrt(add(mean(square(x), -1, true), epsilon));
}
