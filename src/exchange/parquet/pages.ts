/**
 * What the pages of a column say of their own size, checked before they are decoded: the reader believes every
 * count in them, so that one false run length would take time and memory without end.
 */
import type { ColumnMetaData, Compressors, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import {
  getMaxDefinitionLevel,
  getMaxRepetitionLevel,
  getTreePath,
  isFlatColumn,
} from 'hyparquet/src/schema.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import { beyond } from '../../limits.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { skipStruct } from './thrift.ts';

export interface ColumnChunk {
  meta: ColumnMetaData;
  /** From the root of the schema to the column. */
  path: SchemaTree[];
  /** Of its row group. */
  rows: number;
}

type Header = ReturnType<typeof parquetHeader>;
interface Reader {
  view: DataView;
  offset: number;
}

const readerOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Reader => ({
  view: new DataView(buffer, byteOffset, byteLength),
  offset: 0,
});

/** The metadata at the end of the file, with its length and the magic bytes behind it. */
export async function checkFooter(file: ByteSource): Promise<void> {
  const length = readerOf(await file.read(file.size - 8, 4)).view.getUint32(0, true);
  if (length > file.size - 8) throw new Error(`its metadata has ${length} of ${file.size} bytes`);
  skipStruct(readerOf(await file.read(file.size - 8 - length, length)));
}

export const pathTo = (schema: SchemaTree, { path_in_schema }: ColumnMetaData): SchemaTree[] =>
  getTreePath(schema, path_in_schema);

/**
 * @param bytes of the whole chunk
 * @returns bytes of its pages once unpacked
 * @throws Error that ends a sentence about the column
 */
export function checkPages(
  bytes: Uint8Array,
  chunk: ColumnChunk,
  compressors: Compressors,
): number {
  const { meta, path, rows } = chunk;
  const expected = Number(meta.num_values);
  if (isFlatColumn(path) && expected !== rows) {
    throw new Error(`it has ${expected} values for ${rows} rows`);
  }
  const reader = readerOf(bytes);
  let [values, unpacked] = [0, 0];
  // A column that is no list is read until it has its values, others to the end of the chunk.
  while (reader.offset < bytes.length - 1 && !(isFlatColumn(path) && values >= expected)) {
    skipStruct({ ...reader });
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: size } = header;
    const left = bytes.length - reader.offset;
    if (!(packed >= 0 && packed <= left)) {
      throw new Error(`a page of ${packed} bytes lies in the ${left} that are left of it`);
    }
    const tooMuch = beyond('unpackedBytes', (unpacked += size));
    if (!(size >= 0) || tooMuch !== undefined) {
      throw new Error(tooMuch ?? `a page has ${size} bytes once unpacked`);
    }
    const page = bytes.subarray(reader.offset, reader.offset + packed);
    reader.offset += packed;
    const count = valuesOf(header);
    if (header.dictionary_page_header !== undefined) {
      if (!(count >= 0 && count <= size * 8)) {
        throw new Error(`a dictionary of ${count} values lies in ${size} bytes`);
      }
      continue;
    }
    if (!(count >= 0 && count <= expected - values)) {
      throw new Error(`a page has ${count} values where ${expected - values} are left`);
    }
    values += count;
    const unpack = (part: Uint8Array, length: number) =>
      decompressPage(part, length, meta.codec, compressors);
    if (header.data_page_header_v2 === undefined) {
      checkDataPage(unpack(page, size), header, chunk);
    } else checkDataPageV2(page, header, chunk, unpack);
  }
  if (values !== expected) throw new Error(`it ends after ${values} of ${expected} values`);
  return unpacked;
}

/** Of the head of its kind, which has to be the only one. */
function valuesOf(header: Header): number {
  const { type, data_page_header: one, data_page_header_v2: two } = header;
  const heads = {
    DATA_PAGE: one,
    DATA_PAGE_V2: two,
    DICTIONARY_PAGE: header.dictionary_page_header,
  };
  const head = Object.entries(heads).filter(([, one]) => one !== undefined);
  if (head.length !== 1 || head[0]![0] !== (type as string)) {
    throw new Error(`it has a page whose head is not that of its kind, ${type}`);
  }
  return head[0]![1]!.num_values;
}

function checkDataPage(page: Uint8Array, header: Header, { meta, path }: ColumnChunk): void {
  const { num_values: count, encoding } = header.data_page_header!;
  const reader = readerOf(page);
  const [repetition, definition] = [getMaxRepetitionLevel(path), getMaxDefinitionLevel(path)];
  let present = count;
  if (path.length > 1 && repetition > 0) checkRuns(reader, bits(repetition), count);
  if (definition > 0) {
    const start = reader.offset;
    checkRuns(reader, bits(definition), count);
    const levels = new Array<number>(count);
    readRleBitPackedHybrid({ view: reader.view, offset: start }, bits(definition), levels);
    present = levels.filter((level) => level === definition).length;
  }
  checkValues(reader, encoding, present, { meta, path });
}

function checkDataPageV2(
  page: Uint8Array,
  header: Header,
  { meta, path }: ColumnChunk,
  unpack: (part: Uint8Array, length: number) => Uint8Array,
): void {
  const head = header.data_page_header_v2!;
  const { num_values: count, num_nulls: nulls, encoding } = head;
  const [repeated, defined] = [
    head.repetition_levels_byte_length,
    head.definition_levels_byte_length,
  ];
  const levels = getMaxDefinitionLevel(path);
  const most = levels > 0 ? count : 0;
  if (!(nulls >= 0 && nulls <= most && repeated >= 0 && defined >= 0)) {
    throw new Error(
      `a page has ${nulls} nulls of ${most}, and ${repeated} + ${defined} bytes of levels`,
    );
  }
  const reader = readerOf(page);
  const repetition = getMaxRepetitionLevel(path);
  if (repetition > 0) checkRuns(reader, bits(repetition), count, repeated);
  reader.offset = repeated;
  if (levels > 0) checkRuns(reader, bits(levels), count, defined);
  const length = header.uncompressed_page_size - repeated - defined;
  // The reader counts no bytes of levels that a column without any has.
  let values = page.subarray(levels > 0 ? repeated + defined : repeated);
  if (head.is_compressed !== false && length !== 0) values = unpack(values, length);
  checkValues(readerOf(values), encoding, count - nulls, { meta, path }, true);
}

const bits = (level: number): number => 32 - Math.clz32(level);

function checkValues(
  reader: Reader,
  encoding: string | undefined,
  count: number,
  { meta: { type }, path }: Pick<ColumnChunk, 'meta' | 'path'>,
  v2 = false,
): void {
  switch (encoding) {
    case 'PLAIN':
      return;
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
    case 'RLE': {
      if (v2 ? encoding === 'RLE' : type === 'BOOLEAN') {
        checkRuns(reader, 1, count);
        return;
      }
      const width = reader.view.getUint8(reader.offset++);
      if (width > 32) throw new Error(`a page has indices of ${width} bits`);
      if (width > 0 || v2) checkRuns(reader, width, count, reader.view.byteLength - reader.offset);
      return;
    }
    case 'BYTE_STREAM_SPLIT': {
      const bytes = count * (path.at(-1)!.element.type_length ?? 0);
      if (bytes <= reader.view.byteLength) return;
      throw new Error(`${bytes} bytes of values lie in a page of ${reader.view.byteLength}`);
    }
    case 'DELTA_BINARY_PACKED':
    case 'DELTA_LENGTH_BYTE_ARRAY': {
      checkDelta(reader);
      return;
    }
    case 'DELTA_BYTE_ARRAY': {
      checkPrefixes(reader, count);
      return;
    }
    default:
      throw new Error(`it has a page in the encoding ${encoding}, which is not read`);
  }
}

/** Runs as the reader walks them, which writes as many values as a run says. */
function checkRuns(reader: Reader, width: number, count: number, given?: number): void {
  let length = given;
  if (length === undefined) {
    length = reader.view.getUint32(reader.offset, true);
    reader.offset += 4;
  }
  const end = reader.offset + length;
  for (let seen = 0; seen < count;) {
    const head = readVarInt(reader);
    const packed = (head & 1) === 1;
    const run = packed ? (head >> 1) << 3 : head >>> 1;
    // Packed values come in eights, of which the last may be filled up.
    if (run < 0 || run > (packed ? count + 7 : count - seen)) {
      throw new Error(`a run has ${run} values in a page of ${count}`);
    }
    seen += run;
    reader.offset += packed ? Math.max(1, Math.ceil((run * width) / 8)) : (width + 7) >> 3;
  }
  reader.offset = end;
}

/** The head of differences: blocks of none or fewer would never end. */
function checkDelta({ view, offset }: Reader): void {
  const head = { view, offset };
  const [block, parts] = [readVarInt(head), readVarInt(head)];
  if (block > 0 && parts > 0 && block / parts >= 8 && (block / parts) % 8 === 0) return;
  throw new Error(`a page has blocks of ${block} values in ${parts} parts`);
}

/** Texts that begin like the one before: a few bytes may say to copy it again and again. */
function checkPrefixes(reader: Reader, count: number): void {
  const lengths = (): Int32Array => {
    checkDelta(reader);
    const found = new Int32Array(count);
    deltaBinaryUnpack(reader, count, found);
    return found;
  };
  const [prefixes, suffixes] = [lengths(), lengths()];
  let [before, bytes] = [0, 0];
  for (const [i, prefix] of prefixes.entries()) {
    const suffix = suffixes[i]!;
    if (prefix < 0 || suffix < 0 || prefix > before) {
      throw new Error(`a text of ${suffix} bytes begins with ${prefix} of the ${before} before it`);
    }
    bytes += before = prefix + suffix;
  }
  const tooMuch = beyond('unpackedBytes', bytes);
  if (tooMuch !== undefined) throw new Error(tooMuch);
}
