/** LayerNorm on the CPU engine. */
import type { Kernel } from '../define-op.ts';
import type { NormAttributes } from '../rms-norm/rms-norm.ts';
import { columnKernel, rowKernel } from '../wasm-kernel.ts';
import type { GammaGradient, LayerNorm, LayerNormBackward } from './layer-norm.ts';

const numbers = ({ epsilon }: NormAttributes) => [epsilon];

export const layerNorm: Kernel<LayerNorm> = rowKernel({
  kernel: 'layerNorm',
  inputs: ['x', 'gamma', 'beta'],
  outputs: ['y'],
  numbers,
});

export const layerNormBackward: Kernel<LayerNormBackward> = rowKernel({
  kernel: 'layerNormBackward',
  inputs: ['x', 'gamma', 'dy', 'soFar?'],
  outputs: ['dx'],
  numbers,
});

export const gammaGradient: Kernel<GammaGradient> = columnKernel({
  kernel: 'gammaGradient',
  inputs: ['x', 'dy'],
  outputs: ['dgamma'],
  // 1: the rows are centered.
  numbers: ({ epsilon }: NormAttributes) => [epsilon, 1],
});
