/** Dropout on the CPU engine. */
import type { Kernel } from '../define-op.ts';
import { valueKernel } from '../wasm-kernel.ts';
import type { Dropout, DropoutAttributes } from './dropout.ts';
import { dropoutThreshold } from './hash.ts';

export const dropout: Kernel<Dropout> = valueKernel({
  kernel: 'dropout',
  inputs: ['x'],
  outputs: ['y'],
  numbers: ({ rate, seed }: DropoutAttributes) => [seed, dropoutThreshold(rate), 1 / (1 - rate)],
});
