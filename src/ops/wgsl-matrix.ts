/**
 * WGSL functions that read four neighboring values in a row of a matrix in memory, whatever their
 * format: all that the matrix products, embeddings and heads know of storage.
 */
import { BLOCK_VALUES, BLOCK_WORDS } from './int8.ts';
import type { WeightFormat } from './weight.ts';

export interface MatrixReader {
  /** Name of the WGSL function (row, column) → vec4<f32>; column is a multiple of four. */
  name: string;
  /** The buffers, one for each part; rows are counted through all of them. */
  buffers: readonly string[];
  format: WeightFormat;
  /** Whether every row starts at a multiple of four values: then reads are whole. */
  aligned: boolean;
  /** WGSL: values in a row. */
  width: string;
  /** WGSL: columns from here on read as zero where rows are not aligned. */
  limit: string;
  /** WGSL: rows in each part but the last. */
  partRows?: string;
}

/** Element type of the buffers of such a matrix. */
export function elementType(format: WeightFormat, aligned: boolean): string {
  if (format === 'f32') return aligned ? 'vec4<f32>' : 'f32';
  if (format === 'int8') return 'u32';
  return aligned ? 'vec2<u32>' : 'u32';
}

export function matrixReader(reader: MatrixReader): string {
  const { name, buffers, width, partRows } = reader;
  if (reader.format === 'int8') return blockReader(reader);
  const unpack = reader.format === 'f32' ? '' : unpackPair(name, reader.format);
  return `${unpack}
fn ${name}(row : i32, column : i32) -> vec4<f32> {
${eachPart(buffers, partRows, (buffer, row) => `let at = ${row} * ${width} + column;\n${readAt(reader, buffer)}`)}
}`;
}

/** `body` for the part in which `row` lies, given its row there. */
function eachPart(
  buffers: readonly string[],
  partRows: string | undefined,
  body: (buffer: string, row: string, index: number) => string,
): string {
  return buffers
    .map((buffer, index) => {
      const read = body(buffer, index === 0 ? 'row' : `(row - ${index} * ${partRows})`, index);
      return index === buffers.length - 1
        ? read
        : `if (row < ${index + 1} * ${partRows}) {\n${read}\n}`;
    })
    .join('\n');
}

/** Rows are whole blocks, filled with zeros: nothing has to be cut off at the last column. */
function blockReader({ name, buffers, width, partRows }: MatrixReader): string {
  const functions = buffers.map((buffer, index) => unpackBlock(`${name}${index}`, buffer));
  const read = (_buffer: string, row: string, index: number) => `let block =
      ${row} * ((${width} + ${BLOCK_VALUES - 1}) / ${BLOCK_VALUES}) + (column >> 6u);
    return ${name}${index}At(block, column & 60);`;
  return `${functions.join('\n')}
fn ${name}(row : i32, column : i32) -> vec4<f32> {
${eachPart(buffers, partRows, read)}
}`;
}

/**
 * `nameAt(block, place)`: four neighbors of a block of int8. Shifts instead of unpack4xI8, which not
 * every browser has; they are exact, and one text is one less to test.
 */
export function unpackBlock(name: string, buffer: string): string {
  return `fn ${name}At(block : i32, place : i32) -> vec4<f32> {
  let start = block * ${BLOCK_WORDS};
  let word = bitcast<i32>(${buffer}[start + 1 + place / 4]);
  let bytes = (vec4(word) << vec4(24u, 16u, 8u, 0u)) >> vec4(24u);
  return bitcast<f32>(${buffer}[start]) * vec4<f32>(bytes);
}`;
}

/** Two 16-bit values of a word as float32. */
function unpackPair(name: string, format: 'f16' | 'bf16'): string {
  const value =
    format === 'f16'
      ? 'unpack2x16float(word)'
      : 'vec2(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u))';
  return `fn ${name}Pair(word : u32) -> vec2<f32> { return ${value}; }`;
}

function readAt({ name, format, aligned, limit }: MatrixReader, buffer: string): string {
  if (format === 'f32') {
    if (aligned) return `return ${buffer}[at / 4];`;
    const lanes = [0, 1, 2, 3].map(
      (q) => `select(0.0, ${buffer}[at + ${q}], column + ${q} < ${limit})`,
    );
    return `return vec4(${lanes.join(', ')});`;
  }
  // Rows of 16-bit values have an even length, so a pair never straddles two rows.
  if (aligned) {
    return `let words = ${buffer}[at / 4];
    return vec4(${name}Pair(words.x), ${name}Pair(words.y));`;
  }
  return `let low = ${name}Pair(${buffer}[at / 2]);
    let high = ${name}Pair(${buffer}[at / 2 + 1]);
    return vec4(low, select(vec2(0.0), high, column + 2 < ${limit}));`;
}

/**
 * `store(z, row, column, value)` into a row-major float32 matrix: four neighbors, those past
 * the edge left out. `value` in `adjust` may be changed before.
 */
export function matrixWriter(
  buffer: string,
  aligned: boolean,
  columns: string,
  adjust = '',
  target = `row * ${columns} + column`,
): string {
  const write = aligned
    ? `${buffer}[at / 4] = value;`
    : `for (var q = 0; q < 4; q++) {
    if (column + q < ${columns}) { ${buffer}[at + q] = value[q]; }
  }`;
  return `fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= ${columns}) { return; }
  var value = sum;
  let at = ${target};
  ${adjust}
  ${write}
}`;
}
