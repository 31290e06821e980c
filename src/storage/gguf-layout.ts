/**
 * The outer form of a GGUF file (version 2 and 3, little-endian): key–value metadata and the table
 * of tensors, checked against the size of the file. What the keys mean is read elsewhere.
 * Our own reader, because the usual one cuts strings off where its 2 MB pieces meet and takes a
 * truncated file for a whole one; the tests compare the two on sound files.
 */
import { ModelFileError } from '../errors.ts';
import { MAX_GGUF_HEAD_BYTES, MAX_TENSORS, MAX_VOCABULARY, overLimit } from '../limits.ts';
import type { ByteSource } from './byte-source.ts';
import { throwProblems } from './problems.ts';

export type GgufValue = string | number | boolean | GgufValue[];

export interface GgufTensor {
  readonly name: string;
  /** Row-major: the file's dimensions, reversed. */
  readonly shape: readonly number[];
  /** Number of the format; `QUANTIZATIONS` names it. */
  readonly type: number;
  /** First byte in the file. */
  readonly offset: number;
}

export interface GgufLayout {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
}

const FIRST_READ = 4 * 1024 * 1024;
const MAX_ENTRIES = 100_000;
const MAX_DIMENSIONS = 4;
const DEFAULT_ALIGNMENT = 32;

/** The head of the file was read only in part. */
class MoreBytesNeeded extends Error {}

/** Reads metadata and tensor table. Throws a ModelFileError that names what is broken. */
export async function readGgufLayout(file: ByteSource): Promise<GgufLayout> {
  for (let length = FIRST_READ; ; length *= 2) {
    const head = await file.read(0, Math.min(length, file.size));
    try {
      return parseHead(new GgufCursor(head, file));
    } catch (error) {
      if (!(error instanceof MoreBytesNeeded)) throw error;
      if (head.byteLength === file.size || length > MAX_GGUF_HEAD_BYTES) {
        throw new ModelFileError(
          `${file.name}: its description does not end within ${head.byteLength} bytes. The file is broken or truncated.`,
        );
      }
    }
  }
}

function parseHead(cursor: GgufCursor): GgufLayout {
  const { file } = cursor;
  if (cursor.unsigned(4) !== 0x46554747) {
    throw new ModelFileError(`${file.name}: expected a GGUF file; it does not start with "GGUF".`);
  }
  const version = cursor.unsigned(4);
  if (version !== 2 && version !== 3) {
    throw new ModelFileError(
      `${file.name}: GGUF version ${version} cannot be read; 2 and 3 (little-endian) can.`,
    );
  }
  const tensorCount = cursor.count('tensors', MAX_TENSORS);
  const keyCount = cursor.count('metadata entries', MAX_ENTRIES);
  const problems: string[] = [];
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const key = cursor.text();
    if (metadata.has(key)) problems.push(`The key "${key}" is written twice.`);
    metadata.set(key, cursor.value(cursor.unsigned(4)));
  }
  const tensors: GgufTensor[] = [];
  for (let i = 0; i < tensorCount; i++) tensors.push(readTensorEntry(cursor));

  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || !Number.isInteger(alignment) || alignment < 1) {
    problems.push(`general.alignment ${String(alignment)} is not a positive whole number.`);
    throwProblems(`${file.name}: the GGUF description is broken.`, problems);
  }
  const step = Number(alignment);
  const dataStart = Math.ceil(cursor.position / step) * step;
  const placed = tensors.map((tensor) => ({ ...tensor, offset: dataStart + tensor.offset }));
  const seen = new Set<string>();
  for (const { name, offset } of placed) {
    if (seen.has(name)) problems.push(`The tensor "${name}" is listed twice.`);
    seen.add(name);
    if (!Number.isSafeInteger(offset) || (offset - dataStart) % step !== 0) {
      problems.push(`The tensor "${name}" does not start at a multiple of ${step} bytes.`);
    }
  }
  throwProblems(`${file.name}: the GGUF description is broken.`, problems);
  return { metadata, tensors: placed };
}

function readTensorEntry(cursor: GgufCursor): GgufTensor {
  const name = cursor.text();
  const dimensions = cursor.unsigned(4);
  if (dimensions > MAX_DIMENSIONS) {
    throw new ModelFileError(
      `${cursor.file.name}: the tensor "${name}" claims ${dimensions} dimensions; at most ${MAX_DIMENSIONS} exist.`,
    );
  }
  const shape: number[] = [];
  for (let d = 0; d < dimensions; d++) shape.unshift(cursor.unsigned(8));
  return { name, shape, type: cursor.unsigned(4), offset: cursor.unsigned(8) };
}

/** Metadata value types by number: how to read one, and the fewest bytes it takes. */
const VALUE_BYTES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];
const STRING_TYPE = 8;
const LIST_TYPE = 9;

/** Walks over the first bytes of a file; every length is checked against the whole file first. */
class GgufCursor {
  position = 0;
  readonly file: ByteSource;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, file: ByteSource) {
    this.bytes = bytes;
    this.file = file;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Steps over `length` bytes and returns where they begin. */
  private take(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.byteLength) throw new MoreBytesNeeded();
    this.position += length;
    return start;
  }

  unsigned(bytes: 4 | 8): number {
    const at = this.take(bytes);
    return bytes === 4 ? this.view.getUint32(at, true) : Number(this.view.getBigUint64(at, true));
  }

  /** A u64 count of things that each take at least `smallest` bytes of the file. */
  count(what: string, most: number, smallest = 1): number {
    const count = this.unsigned(8);
    if (count <= this.file.size && count > most) {
      throw new ModelFileError(`${this.file.name}: ${overLimit(count, what, most)}`);
    }
    if (count > most || count * smallest > this.file.size - this.position) {
      throw new ModelFileError(
        `${this.file.name}: ${count} ${what} at byte ${this.position - 8} do not fit the file of ${this.file.size} bytes. It is broken or truncated.`,
      );
    }
    return count;
  }

  text(): string {
    const length = this.count('bytes of text', Infinity);
    const start = this.take(length);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      this.bytes.subarray(start, start + length),
    );
  }

  value(type: number, depth = 0): GgufValue {
    const size = VALUE_BYTES[type];
    if (size === undefined || depth > 1) {
      throw new ModelFileError(
        `${this.file.name}: unknown metadata type ${type} (depth ${depth}) at byte ${this.position}.`,
      );
    }
    if (type === STRING_TYPE) return this.text();
    if (type !== LIST_TYPE) return this.scalar(type, size);
    const itemType = this.unsigned(4);
    const count = this.count('list items', MAX_VOCABULARY, VALUE_BYTES[itemType] ?? 1);
    const items: GgufValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.value(itemType, depth + 1));
    return items;
  }

  private scalar(type: number, size: number): number | boolean {
    const at = this.take(size);
    const { view } = this;
    switch (type) {
      case 0:
        return view.getUint8(at);
      case 1:
        return view.getInt8(at);
      case 2:
        return view.getUint16(at, true);
      case 3:
        return view.getInt16(at, true);
      case 4:
        return view.getUint32(at, true);
      case 5:
        return view.getInt32(at, true);
      case 6:
        return view.getFloat32(at, true);
      case 7:
        return view.getUint8(at) !== 0;
      case 10:
        return Number(view.getBigUint64(at, true));
      case 11:
        return Number(view.getBigInt64(at, true));
      default:
        return view.getFloat64(at, true);
    }
  }
}
