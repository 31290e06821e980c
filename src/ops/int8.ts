/**
 * Weights in 8 bits: blocks of 64 neighbors in a row share one scale. A block is 17 words of 32
 * bits: the scale s as float32, then 64 signed bytes q, in order, the first in the lowest byte.
 *   s = max |w| / 127,  q = round(w / s) within ±127,  w ≈ s · q  with an error of at most s / 2
 * That is 8.5 bits a weight. A row ends with a whole block, its rest zero, so that every row starts
 * at a block and four neighbors from a multiple of four never lie in two. Scales beside the values
 * they belong to need no buffer of their own and come with the same cache line.
 */

export const BLOCK_VALUES = 64;
export const BLOCK_WORDS = 17;

/** Largest magnitude of a stored value; −128 is not used, so that the range is symmetric. */
const LARGEST = 127;

/** Values from the start of one row to the next, those that fill its last block included. */
export function int8RowValues(columns: number): number {
  return Math.ceil(columns / BLOCK_VALUES) * BLOCK_VALUES;
}

/** Words of a row. */
export function int8RowWords(columns: number): number {
  return Math.ceil(columns / BLOCK_VALUES) * BLOCK_WORDS;
}

/**
 * [rows, columns], row-major → int32 [rows · int8RowWords(columns)]. A value that is no finite
 * number makes its whole block NaN rather than pass for a zero.
 */
export function quantizeInt8(values: Float32Array, columns: number): Int32Array {
  const rows = values.length / columns;
  const words = new Int32Array(rows * int8RowWords(columns));
  const bytes = new Int8Array(words.buffer);
  const scales = new Float32Array(words.buffer);
  let block = 0;
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * columns;
    for (let from = row * columns; from < end; from += BLOCK_VALUES) {
      const to = Math.min(end, from + BLOCK_VALUES);
      let largest = 0;
      // NaN is what a place outside would be; asking costs nothing, unlike an iterator over a part.
      for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(values[i] ?? NaN));
      const scale = Math.fround(largest / LARGEST);
      scales[block] = scale;
      const first = 4 * (block + 1) - from;
      for (let i = from; i < to; i++) {
        // The scale is rounded too, very small ones a lot: without bounds a byte would wrap around.
        const nearest = Math.round((values[i] ?? NaN) / scale);
        bytes[first + i] = Math.max(-LARGEST, Math.min(LARGEST, nearest));
      }
      block += BLOCK_WORDS;
    }
  }
  return words;
}

/** Words of whole blocks → their values, those that fill a row's last block included. */
export function dequantizeInt8(words: Int32Array): Float32Array<ArrayBuffer> {
  const bytes = new Int8Array(words.buffer, words.byteOffset, 4 * words.length);
  const scales = new Float32Array(words.buffer, words.byteOffset, words.length);
  const values = new Float32Array((words.length / BLOCK_WORDS) * BLOCK_VALUES);
  for (let i = 0; i < values.length; i++) {
    const block = Math.floor(i / BLOCK_VALUES) * BLOCK_WORDS;
    const byte = bytes[4 * (block + 1) + (i % BLOCK_VALUES)] ?? NaN;
    values[i] = (scales[block] ?? NaN) * byte;
  }
  return values;
}
