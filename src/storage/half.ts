/**
 * 16-bit floats to and from float32, bit by bit: exact when widening (subnormals, infinities and
 * NaN included), rounded to the nearest value with ties to even when narrowing.
 * Formats: IEEE 754 binary16 (1 sign, 5 exponent, 10 fraction bits) and bfloat16, the upper half of
 * a float32.
 */

type Halves = Uint16Array<ArrayBuffer>;
type Floats = Float32Array<ArrayBuffer>;

const HALF_EXPONENT = 0x7c00;
const HALF_FRACTION = 0x03ff;
const FLOAT_FRACTION = 0x007fffff;
const FLOAT_INFINITY = 0x7f800000;

let wideningTable: Uint32Array | undefined;

/** Float32 bit patterns of all 65,536 halves: looking up is several times faster than computing. */
function widening(): Uint32Array {
  wideningTable ??= Uint32Array.from({ length: 0x10000 }, (_, half) => widenBits(half));
  return wideningTable;
}

function widenBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half & HALF_EXPONENT) >>> 10;
  const fraction = half & HALF_FRACTION;
  if (exponent === 0x1f) return sign | FLOAT_INFINITY | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal half is a normal float: shift its leading one into the hidden place.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & HALF_FRACTION) << 13);
}

/** Float16 bit patterns as numbers. */
export function float16ToFloat32(halves: Uint16Array): Floats {
  const table = widening();
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i]!]!;
  return new Float32Array(bits.buffer);
}

/** Bfloat16 bit patterns as numbers. */
export function bfloat16ToFloat32(halves: Uint16Array): Floats {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Numbers as float16 bit patterns; beyond ±65,519.99 they become infinite. */
export function float32ToFloat16(numbers: Float32Array): Halves {
  const bits = bitsOf(numbers);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = narrowToHalf(bits[i]!);
  return halves;
}

/** Numbers as bfloat16 bit patterns. */
export function float32ToBfloat16(numbers: Float32Array): Halves {
  const bits = bitsOf(numbers);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const isNaN = (value & 0x7fffffff) > FLOAT_INFINITY;
    // Rounding could carry a NaN into infinity: make it a quiet NaN instead.
    halves[i] = isNaN ? (value >>> 16) | 0x40 : (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return halves;
}

const oneFloat = new Float32Array(1);
const oneFloatBits = new Uint32Array(oneFloat.buffer);

/** One number as a float16 bit pattern; a double is first rounded to float32. */
export function toFloat16(value: number): number {
  oneFloat[0] = value;
  return narrowToHalf(oneFloatBits[0]!);
}

/** One float16 bit pattern as a number. */
export function fromFloat16(half: number): number {
  oneFloatBits[0] = widening()[half]!;
  return oneFloat[0]!;
}

function narrowToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > FLOAT_INFINITY) return sign | 0x7e00 | ((bits >>> 13) & HALF_FRACTION);
  // 65,520 lies halfway between the largest half and what would be the next: it rounds up.
  if (magnitude >= 0x477ff000) return sign | HALF_EXPONENT;
  if (magnitude >= 0x38800000) {
    const odd = (magnitude >>> 13) & 1;
    return sign | ((magnitude - (112 << 23) + 0x0fff + odd) >>> 13);
  }
  // Below 2^-14 the half is subnormal, in steps of 2^-24; up to half a step is zero.
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const fraction = (magnitude & FLOAT_FRACTION) | 0x00800000;
  const whole = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  const up = rest > halfway || (rest === halfway && (whole & 1) === 1);
  return sign | (whole + (up ? 1 : 0));
}

function bitsOf(numbers: Float32Array): Uint32Array {
  return new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
}
