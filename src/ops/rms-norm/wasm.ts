/** RMSNorm on the CPU engine. */
import type { Kernel } from '../define-op.ts';
import { columnKernel, rowKernel } from '../wasm-kernel.ts';
import type { GammaGradient, NormAttributes, RmsNorm, RmsNormBackward } from './rms-norm.ts';

const numbers = ({ epsilon }: NormAttributes) => [epsilon];

export const rmsNorm: Kernel<RmsNorm> = rowKernel({
  kernel: 'rmsNorm',
  inputs: ['x', 'gamma'],
  outputs: ['y'],
  numbers,
});

export const rmsNormBackward: Kernel<RmsNormBackward> = rowKernel({
  kernel: 'rmsNormBackward',
  inputs: ['x', 'gamma', 'dy', 'soFar?'],
  outputs: ['dx', 'y'],
  numbers,
});

export const gammaGradient: Kernel<GammaGradient> = columnKernel({
  kernel: 'gammaGradient',
  inputs: ['x', 'dy'],
  outputs: ['dgamma'],
  // 0: the rows are not centered.
  numbers: ({ epsilon }: NormAttributes) => [epsilon, 0],
});
