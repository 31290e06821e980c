/** Widen: a weight in any format → one float32 tensor [rows, columns]. Not differentiable. */
import { concat, reshape, slice, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import { at } from '../shape.ts';
import { rowValues, type Weight, type WeightAttributes, type WeightFormat } from '../weight.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

export interface WidenAttributes {
  format: Exclude<WeightFormat, 'f32'>;
  /** Values, with those that fill the rows of int8. */
  size: number;
}

/** words int32 → wide [size]. */
export type Widen = Signature<'words', 'wide', WidenAttributes>;

export const widenOp = defineOp({
  name: 'IdiolectWiden',
  inputs: ['words'],
  outputs: ['wide'],
  reference: reference.widen,
  wasm: wasm.widen,
  webgpu: webgpu.widen,
});

/** The whole weight as float32 [rows, columns]; the caller disposes it unless inside a tidy. */
export function widen(weight: Weight): Tensor {
  return tidy(() => matrixOf(weight.parts, weight));
}

/** The same from a kernel's parts of a weight, within a tidy. */
export function matrixOf(parts: readonly Tensor[], attributes: WeightAttributes): Tensor {
  const { rows, columns, format, partRows } = attributes;
  const matrices = parts.map((part, i) => {
    const count = Math.min(partRows, rows - i * partRows);
    if (format === 'f32') return reshape(part, [count, columns]);
    const width = rowValues(format, columns);
    const { wide } = widenOp.run({ words: part }, { format, size: count * width });
    const matrix = reshape(wide, [count, width]);
    return width === columns ? matrix : slice(matrix, [0, 0], [count, columns]);
  });
  return matrices.length === 1 ? at(matrices, 0) : concat(matrices, 0);
}
