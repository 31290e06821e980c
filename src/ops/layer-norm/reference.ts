/** LayerNorm and its gradient from stock tfjs ops. */
import { add, mean, mul, rsqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { NormAttributes } from '../rms-norm/rms-norm.ts';
import type { Inputs } from '../tape.ts';

/** x [N, C], gamma and beta [C] → [N, C]. */
export function layerNormReference({ x, gamma, beta }: Inputs, attributes: object): Tensor {
  const { normalized } = normalize(x!, (attributes as NormAttributes).epsilon);
  return add(mul(normalized, gamma!), beta!);
}

/** x, dy [N, C], gamma [C] → dx [N, C], plus soFar [N, C] if given. */
export function layerNormBackwardReference(
  { x, gamma, dy, soFar }: Inputs,
  attributes: object,
): Tensor {
  const { normalized, rho } = normalize(x!, (attributes as NormAttributes).epsilon);
  const scaled = mul(dy!, gamma!);
  const along = mul(normalized, mean(mul(scaled, normalized), -1, true));
  const dx = mul(rho, sub(sub(scaled, mean(scaled, -1, true)), along));
  return soFar ? add(dx, soFar) : dx;
}

/** x, dy [N, C] → dγ [C]. */
export function layerNormGammaGradientReference({ x, dy }: Inputs, attributes: object): Tensor {
  const { normalized } = normalize(x!, (attributes as NormAttributes).epsilon);
  return sum(mul(dy!, normalized), 0);
}

function normalize(x: Tensor, epsilon: number): { normalized: Tensor; rho: Tensor } {
  const centered = sub(x, mean(x, -1, true));
  const rho = rsqrt(add(mean(square(centered), -1, true), epsilon));
  return { normalized: mul(centered, rho), rho };
}
