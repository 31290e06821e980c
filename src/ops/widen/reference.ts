/** Widening in plain JavaScript, for the cpu backend: stock tfjs reads neither 16 nor 8 bits. */
import { tensor } from '@tensorflow/tfjs-core';
import { valuesOf } from '../host-values.ts';
import { dequantizeInt8 } from '../int8.ts';
import type { Reference } from '../define-op.ts';
import type { Widen } from './widen.ts';

export const widen: Reference<Widen> = ({ words }, { format, size }) => {
  const packed = valuesOf(words);
  if (!(packed instanceof Int32Array)) throw new TypeError('Packed weights are int32.');
  if (format === 'int8') return { wide: tensor(dequantizeInt8(packed), [size], 'float32') };
  const halves = new Uint16Array(packed.buffer, packed.byteOffset, size);
  const widened = format === 'bf16' ? (half: number) => half << 16 : float16ToFloat32Bits;
  const bits = Uint32Array.from(halves, widened);
  return { wide: tensor(new Float32Array(bits.buffer), [size], 'float32') };
};

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
