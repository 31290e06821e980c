/**
 * A weight matrix as the ops take it: [rows, columns] = [out, in], in the precision it arrived in
 * or in 8 bits. 16-bit formats travel as int32 tensors, two values a word, low half first, so that
 * no backend needs a 16-bit type; int8 as blocks of words, see int8.ts. A table larger than one
 * storage binding is cut into parts by rows.
 */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { int8RowValues, int8RowWords, quantizeInt8 } from './int8.ts';
import { matrixShape } from './shape.ts';

export type WeightFormat = 'f32' | 'f16' | 'bf16' | 'int8';

export interface Weight {
  /** f32: float32 [rows of the part, columns]; else int32 [rows of the part · words of a row]. */
  readonly parts: readonly Tensor[];
  /** Rows in every part but the last. */
  readonly partRows: number;
  readonly rows: number;
  readonly columns: number;
  readonly format: WeightFormat;
}

/** Attributes every kernel that reads a weight gets. */
export interface WeightAttributes {
  format: WeightFormat;
  rows: number;
  columns: number;
  partRows: number;
}

export function weightAttributes({ format, rows, columns, partRows }: Weight): WeightAttributes {
  return { format, rows, columns, partRows };
}

/** Names of the buffers of a weight's parts in a program: w0, w1, …. */
export function partNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `w${i}`);
}

/** A trainable or computed matrix [rows, columns] as a weight. */
export function denseWeight(matrix: Tensor): Weight {
  const [rows, columns] = matrixShape(matrix);
  return { parts: [matrix], partRows: rows, rows, columns, format: 'f32' };
}

/** Bytes of one row in memory. */
export function rowBytes(format: WeightFormat, columns: number): number {
  if (format === 'int8') return 4 * int8RowWords(columns);
  return columns * (format === 'f32' ? 4 : 2);
}

/** Values from the start of one row to the next. */
export function rowValues(format: WeightFormat, columns: number): number {
  return format === 'int8' ? int8RowValues(columns) : columns;
}

/**
 * Uploads a matrix, cut into parts of at most `maxPartBytes`.
 * @param values Float32Array for f32 and int8; for 16-bit formats the raw bits as Uint16Array
 * @throws RangeError when a 16-bit matrix has an odd number of columns or the length is wrong
 */
export function uploadWeight(
  values: Float32Array | Uint16Array,
  rows: number,
  columns: number,
  format: WeightFormat,
  maxPartBytes = Number.POSITIVE_INFINITY,
): Weight {
  if (values.length !== rows * columns) {
    throw new RangeError(`Expected ${rows} × ${columns} values, got ${values.length}.`);
  }
  if (values instanceof Uint16Array && columns % 2 !== 0) {
    throw new RangeError(`16-bit weights need an even number of columns, got ${columns}.`);
  }
  const bytes = rowBytes(format, columns);
  const partRows = Math.max(1, Math.min(rows, Math.floor(maxPartBytes / bytes)));
  const parts: Tensor[] = [];
  for (let start = 0; start < rows; start += partRows) {
    const end = Math.min(rows, start + partRows);
    const slice = values.subarray(start * columns, end * columns);
    parts.push(partOf(slice, columns, format));
  }
  return { parts, partRows, rows, columns, format };
}

function partOf(values: Float32Array | Uint16Array, columns: number, format: WeightFormat): Tensor {
  if (values instanceof Float32Array && format !== 'int8') {
    return tensor(values, [values.length / columns, columns], 'float32');
  }
  const words = values instanceof Float32Array ? quantizeInt8(values, columns) : wordsOf(values);
  return tensor(words, [words.length], 'int32');
}

/** Two 16-bit values a word; a copy is made only when the bytes are not aligned to words. */
function wordsOf(halves: Uint16Array): Int32Array {
  const aligned = halves.byteOffset % 4 === 0 ? halves : halves.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}

export function disposeWeight(weight: Weight): void {
  for (const part of weight.parts) part.dispose();
}
