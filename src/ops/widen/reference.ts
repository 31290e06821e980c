/** Widening in plain JavaScript, for the cpu backend: stock tfjs reads neither 16 nor 8 bits. */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { valuesOf } from '../host-values.ts';
import { dequantizeInt8 } from '../int8.ts';
import type { Inputs } from '../tape.ts';
import type { WidenAttributes } from './widen.ts';

/** words int32 → float32 [size]. */
export function widenReference({ words }: Inputs, attributes: object): Tensor {
  const { format, size } = attributes as WidenAttributes;
  const packed = valuesOf(words!) as Int32Array;
  if (format === 'int8') return tensor(dequantizeInt8(packed), [size], 'float32');
  const bits = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const half = (packed[i >> 1]! >>> ((i & 1) * 16)) & 0xffff;
    bits[i] = format === 'bf16' ? half << 16 : float16ToFloat32Bits(half);
  }
  return tensor(new Float32Array(bits.buffer), [size], 'float32');
}

/** IEEE 754 binary16 → binary32 bits, exact, subnormals included. */
export function float16ToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  let mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  if (mantissa === 0) return sign >>> 0;
  // A subnormal half is a normal float: shift until the leading one is implicit.
  let shift = 0;
  while ((mantissa & 0x400) === 0) {
    mantissa <<= 1;
    shift++;
  }
  return (sign | ((113 - shift) << 23) | ((mantissa & 0x3ff) << 13)) >>> 0;
}
