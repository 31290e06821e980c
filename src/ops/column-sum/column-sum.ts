/** Sums over the rows of a matrix: the gradient of a bias. Not differentiable. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

/** x [N, C] → y [C]. */
export type ColumnSum = Signature<'x', 'y'>;

export const columnSumOp = defineOp({
  name: 'IdiolectColumnSum',
  inputs: ['x'],
  outputs: ['y'],
  reference: reference.columnSum,
  wasm: wasm.columnSum,
  webgpu: webgpu.columnSum,
});

/** x [N, C] → [C]. */
export function columnSum(x: Tensor): Tensor {
  return columnSumOp.run({ x }).y;
}
