/** Column sums on the CPU engine. */
import type { Kernel } from '../define-op.ts';
import { columnKernel } from '../wasm-kernel.ts';
import type { ColumnSum } from './column-sum.ts';

export const columnSum: Kernel<ColumnSum> = columnKernel({
  kernel: 'columnSum',
  inputs: ['x'],
  outputs: ['y'],
});
