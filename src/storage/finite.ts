/** Infinities and NaN among stored weights: they are found when a model is opened, not in its results. */
import { bfloat16ToFloat32, float16ToFloat32 } from './half.ts';
import type { TensorDtype } from './tensor-file.ts';

/** Exponent bits that are all ones in an infinity or a NaN. */
const HALF_EXPONENTS = { F16: 0x7c00, BF16: 0x7f80 } as const;

/**
 * A sentence about the values of a tensor that are not finite: how many, and where the first stands.
 * @param values row-major, of the shape; 16-bit patterns as they are stored, or widened
 * @returns undefined when all are finite
 */
export function nonFiniteProblem(
  name: string,
  shape: readonly number[],
  values: Float32Array | Uint16Array,
  dtype: TensorDtype,
): string | undefined {
  const { count, first } = values instanceof Float32Array ? wide(values) : halves(values, dtype);
  if (count === 0) return undefined;
  const stored = values.slice(first, first + 1);
  const value =
    stored instanceof Float32Array
      ? stored[0]!
      : (dtype === 'F16' ? float16ToFloat32(stored) : bfloat16ToFloat32(stored))[0]!;
  const is = count === 1 ? 'one value is' : `${count} values are`;
  return `${name}: ${is} not finite; the first, ${value}, stands at [${place(first, shape).join(', ')}].`;
}

function wide(values: Float32Array): { count: number; first: number } {
  let count = 0;
  let first = -1;
  for (let i = 0; i < values.length; i++) {
    // An infinity or NaN minus itself is NaN, which equals nothing.
    if (values[i]! - values[i]! === 0) continue;
    if (count++ === 0) first = i;
  }
  return { count, first };
}

function halves(bits: Uint16Array, dtype: TensorDtype): { count: number; first: number } {
  const exponent = dtype === 'F16' ? HALF_EXPONENTS.F16 : HALF_EXPONENTS.BF16;
  let count = 0;
  let first = -1;
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & exponent) !== exponent) continue;
    if (count++ === 0) first = i;
  }
  return { count, first };
}

function place(index: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = index;
  for (const side of [...shape].reverse()) {
    indices.unshift(rest % side);
    rest = Math.floor(rest / side);
  }
  return indices;
}
