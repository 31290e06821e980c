/** The matrix product of the CPU engine, and how its operands lie. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { wasmBackend } from '../../engine/wasm/engine.ts';
import { rowValues, type WeightAttributes, type WeightFormat } from '../weight.ts';

/** Numbers of the formats in the kernels. */
export const FORMATS: Record<WeightFormat, number> = { f32: 0, f16: 1, bf16: 2, int8: 3 };
/** Packing space of the product, with a tile: see kernel.as.ts. */
export const GEMM_SCRATCH = 120 * 256 * 4 + 256 * 256 * 4 + 256;

export interface Operand {
  pointer: number;
  /** Steps between rows and between columns, in elements. */
  row: number;
  column: number;
}

export interface ProductOptions {
  alpha?: number;
  /** C keeps what it holds and the product is added. */
  adds?: boolean;
}

/** C [m, n] = alpha · A [m, k] · B [k, n]; C is row-major with `ldc` columns. */
export function gemm(
  a: Operand,
  b: Operand,
  format: number,
  c: number,
  ldc: number,
  [m, n, k]: [number, number, number],
  { alpha = 1, adds = false }: ProductOptions = {},
): void {
  wasmBackend().run(
    'gemm',
    [
      ...[a.pointer, a.row, a.column, b.pointer, b.row, b.column, format],
      ...[c, ldc, m, n, k, alpha, adds ? 1 : 0],
    ],
    m * n * k,
    GEMM_SCRATCH,
  );
}

/** Row-major as it lies. */
export function plain(pointer: number, width: number): Operand {
  return { pointer, row: width, column: 1 };
}

/** Row-major, read as its transpose. */
export function turned(pointer: number, width: number): Operand {
  return { pointer, row: 1, column: width };
}

/**
 * The parts of a weight: where each lies and how many values its rows are apart, its first row and
 * number of rows, and its format.
 */
export function eachPart(
  parts: readonly TensorInfo[],
  { format, rows, columns, partRows }: WeightAttributes,
  visit: (pointer: number, width: number, first: number, count: number, format: number) => void,
): void {
  const engine = wasmBackend();
  parts.forEach((part, i) => {
    const first = i * partRows;
    const count = Math.min(partRows, rows - first);
    visit(engine.pointer(part), rowValues(format, columns), first, count, FORMATS[format]);
  });
}
