/** RMSNorm and its gradient from stock tfjs ops. */
import { add, mean, mul, rsqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { Inputs } from '../tape.ts';
import type { NormAttributes } from './rms-norm.ts';

/** x [N, C], gamma [C] → [N, C]. */
export function rmsNormReference({ x, gamma }: Inputs, attributes: object): Tensor {
  const { epsilon } = attributes as NormAttributes;
  return mul(mul(x!, rsqrt(add(mean(square(x!), -1, true), epsilon))), gamma!);
}

/** x, dy [N, C], gamma [C] → dx [N, C], plus soFar [N, C] if given, and y [N, C]. */
export function rmsNormBackwardReference(
  { x, gamma, dy, soFar }: Inputs,
  attributes: object,
): Tensor[] {
  const { epsilon } = attributes as NormAttributes;
  const rho = rsqrt(add(mean(square(x!), -1, true), epsilon));
  const normalized = mul(x!, rho);
  const scaled = mul(dy!, gamma!);
  const dx = mul(rho, sub(scaled, mul(normalized, mean(mul(scaled, normalized), -1, true))));
  return [soFar ? add(dx, soFar) : dx, mul(normalized, gamma!)];
}

/** x, dy [N, C] → dγ [C]. */
export function rmsNormGammaGradientReference({ x, dy }: Inputs, attributes: object): Tensor {
  const { epsilon } = attributes as NormAttributes;
  const rho = rsqrt(add(mean(square(x!), -1, true), epsilon));
  return sum(mul(dy!, mul(x!, rho)), 0);
}
