/** GELU on the CPU engine. */
import type { Kernel } from '../define-op.ts';
import { valueKernel } from '../wasm-kernel.ts';
import type { Gelu, GeluAttributes, GeluBackward } from './gelu.ts';

const numbers = ({ form }: GeluAttributes) => [form === 'erf' ? 1 : 0];

export const gelu: Kernel<Gelu> = valueKernel({
  kernel: 'gelu',
  inputs: ['x'],
  outputs: ['y'],
  numbers,
});

export const geluBackward: Kernel<GeluBackward> = valueKernel({
  kernel: 'geluBackward',
  inputs: ['x', 'dy'],
  outputs: ['dx'],
  numbers,
});
