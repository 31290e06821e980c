import { describe, expect, it } from 'vitest';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
  fromFloat16,
  toFloat16,
} from '../../src/storage/half.ts';

const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
const isHalfNaN = (bits: number) => (bits & 0x7fff) > 0x7c00;
const isBrainNaN = (bits: number) => (bits & 0x7fff) > 0x7f80;

/** The value by the definition of binary16, in double precision. */
function byDefinition(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

describe('float16', () => {
  it('widens every one of the 65,536 patterns by the definition', () => {
    const wide = float16ToFloat32(all);
    const wrong = [...all].filter((bits) => !Object.is(wide[bits], byDefinition(bits)));
    expect(wrong).toEqual([]);
  });

  it('narrows what it widened to the same bits', () => {
    const narrow = float32ToFloat16(float16ToFloat32(all));
    const wrong = [...all].filter((bits) =>
      isHalfNaN(bits) ? !isHalfNaN(narrow[bits]!) : narrow[bits] !== bits,
    );
    expect(wrong).toEqual([]);
  });

  it('rounds to nearest between all neighbors, ties to even', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x7c00; bits++) {
      // Above the largest finite half the next step would be 2^16.
      const low = byDefinition(bits);
      const high = bits === 0x7bff ? 65536 : byDefinition(bits + 1);
      const middle = (low + high) / 2;
      const nudge = (high - low) / 64;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const rounded = float32ToFloat16(new Float32Array([middle - nudge, middle, middle + nudge]));
      if (rounded[0] !== bits || rounded[1] !== even || rounded[2] !== bits + 1) wrong.push(bits);
      const negative = float32ToFloat16(new Float32Array([-middle]));
      if (negative[0] !== (even | 0x8000)) wrong.push(-bits);
    }
    expect(wrong).toEqual([]);
  });

  it('keeps infinities and overflows to them', () => {
    const narrow = float32ToFloat16(new Float32Array([Infinity, -Infinity, 65520, 1e30, -1e30]));
    expect([...narrow]).toEqual([0x7c00, 0xfc00, 0x7c00, 0x7c00, 0xfc00]);
    expect(float32ToFloat16(new Float32Array([65519.996]))[0]).toBe(0x7bff);
  });

  it('converts single numbers like arrays', () => {
    expect(toFloat16(1 / 3)).toBe(float32ToFloat16(new Float32Array([1 / 3]))[0]);
    expect(fromFloat16(0x3555)).toBe(0.333251953125);
  });
});

describe('bfloat16', () => {
  it('widens by moving 16 bits up and narrows back', () => {
    const wide = bfloat16ToFloat32(all);
    const bits = new Uint32Array(wide.buffer);
    expect([...all].filter((half) => bits[half] !== half * 0x10000)).toEqual([]);
    const narrow = float32ToBfloat16(wide);
    const wrong = [...all].filter((half) =>
      isBrainNaN(half) ? !isBrainNaN(narrow[half]!) : narrow[half] !== half,
    );
    expect(wrong).toEqual([]);
  });

  it('rounds to nearest, ties to even', () => {
    // 1 + 2^-8 lies halfway between 1 and the next bfloat16, 1 + 2^-7.
    const values = [1 + 2 ** -8, 1 + 2 ** -8 + 2 ** -20, 1 + 3 * 2 ** -8, -1 - 2 ** -8, 3.4e38];
    const narrow = float32ToBfloat16(new Float32Array(values));
    expect([...narrow]).toEqual([0x3f80, 0x3f81, 0x3f82, 0xbf80, 0x7f80]);
  });
});
