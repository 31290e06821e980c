/**
 * The number formats of GGUF files and how the ones we read are widened. Quantized weights come in
 * blocks of 32 that share a float16 scale: Q8_0 is d·q with q in −128…127, Q4_0 is d·(q − 8) and
 * Q4_1 is d·q + m with q in 0…15. In a byte of 4-bit numbers the low half belongs to the first 16
 * of the block. Results become float16, rounded once from float32.
 */
import type { Bytes } from './byte-source.ts';
import { fromFloat16, toFloat16 } from './half.ts';
import type { TensorDtype } from './tensor-file.ts';

export const BLOCK = 32;

export interface ReadableFormat {
  readonly name: string;
  /** Numbers that are stored together, and in how many bytes. */
  readonly block: number;
  readonly bytes: number;
  /** The format of the widened tensor. */
  readonly dtype: TensorDtype;
  /** Blocks → numbers; absent where the bytes are already right. */
  readonly widen?: (blocks: Bytes) => Uint16Array<ArrayBuffer>;
}

export const READABLE_FORMATS: ReadonlyMap<number, ReadableFormat> = new Map([
  [0, { name: 'F32', block: 1, bytes: 4, dtype: 'F32' }],
  [1, { name: 'F16', block: 1, bytes: 2, dtype: 'F16' }],
  [2, { name: 'Q4_0', block: BLOCK, bytes: 18, dtype: 'F16', widen: widenQ4_0 }],
  [3, { name: 'Q4_1', block: BLOCK, bytes: 20, dtype: 'F16', widen: widenQ4_1 }],
  [8, { name: 'Q8_0', block: BLOCK, bytes: 34, dtype: 'F16', widen: widenQ8_0 }],
  [30, { name: 'BF16', block: 1, bytes: 2, dtype: 'BF16' }],
]);

/** Names of the formats that exist and are not read, for the refusal. */
const OTHER_FORMATS: ReadonlyMap<number, string> = new Map([
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
  [40, 'NVFP4'],
  [41, 'Q1_0'],
]);

/** The name of a format by its number. */
export function formatName(type: number): string {
  return READABLE_FORMATS.get(type)?.name ?? OTHER_FORMATS.get(type) ?? `format ${type}`;
}

function widenQ8_0(blocks: Bytes): Uint16Array<ArrayBuffer> {
  const count = blocks.byteLength / 34;
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const halves = new Uint16Array(count * BLOCK);
  for (let b = 0; b < count; b++) {
    const scale = fromFloat16(view.getUint16(b * 34, true));
    for (let i = 0; i < BLOCK; i++) {
      halves[b * BLOCK + i] = toFloat16(scale * view.getInt8(b * 34 + 2 + i));
    }
  }
  return halves;
}

function widenQ4_0(blocks: Bytes): Uint16Array<ArrayBuffer> {
  return widenNibbles(blocks, 18, (view, at) => {
    const scale = fromFloat16(view.getUint16(at, true));
    return (q) => scale * (q - 8);
  });
}

function widenQ4_1(blocks: Bytes): Uint16Array<ArrayBuffer> {
  return widenNibbles(blocks, 20, (view, at) => {
    const scale = fromFloat16(view.getUint16(at, true));
    const least = fromFloat16(view.getUint16(at + 2, true));
    return (q) => scale * q + least;
  });
}

/** A block has only 16 different values: they are rounded once, then looked up. */
function widenNibbles(
  blocks: Bytes,
  bytes: number,
  valuesOf: (view: DataView, at: number) => (q: number) => number,
): Uint16Array<ArrayBuffer> {
  const count = blocks.byteLength / bytes;
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const halves = new Uint16Array(count * BLOCK);
  const values = new Uint16Array(16);
  for (let b = 0; b < count; b++) {
    const value = valuesOf(view, b * bytes);
    for (let q = 0; q < 16; q++) values[q] = toFloat16(value(q));
    const packed = b * bytes + bytes - BLOCK / 2;
    for (let i = 0; i < BLOCK / 2; i++) {
      const byte = blocks[packed + i]!;
      halves[b * BLOCK + i] = values[byte & 0x0f]!;
      halves[b * BLOCK + BLOCK / 2 + i] = values[byte >>> 4]!;
    }
  }
  return halves;
}
