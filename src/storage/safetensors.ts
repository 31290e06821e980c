/**
 * Safetensors files, in and out. Reading looks at the header only and fetches each tensor's bytes
 * when asked; writing gives the same bytes for the same tensors, and the bytes that the format's
 * own library writes.
 */
import { notice } from '../notices.ts';
import type { ByteSource, Bytes } from './byte-source.ts';
import { throwProblems } from './problems.ts';
import { headerLength, parseSafetensorsHeader } from './safetensors-header.ts';
import {
  BYTES_OF,
  elementCount,
  type NamedTensor,
  type TensorDtype,
  type TensorFile,
} from './tensor-file.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: TensorDtype | 'F64';
  /** The numbers' bytes; a typed array of the dtype's width serves as well. */
  readonly data: Uint8Array | Uint16Array | Float32Array | Float64Array;
}

/** Tensors of other formats may stand in a file (attention masks do): they are named, not read. */
function isRead(dtype: string): dtype is TensorDtype {
  return Object.hasOwn(BYTES_OF, dtype);
}

/**
 * Opens a safetensors file. Throws a ModelFileError that lists everything wrong with the header;
 * no tensor is read yet.
 */
export async function readSafetensors(file: ByteSource): Promise<TensorFile> {
  const start = await file.read(0, Math.min(8, file.size));
  const length = headerLength(start, file.size, file.name);
  const header = parseSafetensorsHeader(await file.read(0, 8 + length), file.size, file.name);
  const tensors = new Map<string, NamedTensor>();
  const unreadable = new Map<string, string>();
  const doubles: string[] = [];
  for (const [name, { dtype, shape, offset, length: bytes }] of header.entries) {
    const read = () => file.read(offset, bytes);
    if (dtype === 'F64') {
      doubles.push(name);
      tensors.set(name, { name, shape, dtype: 'F32', read: async () => narrowed(await read()) });
    } else if (isRead(dtype)) {
      tensors.set(name, { name, shape, dtype, read });
    } else {
      unreadable.set(name, dtype);
    }
  }
  const notices = [...header.notices];
  if (doubles.length > 0) {
    notices.push(notice('info', 'Some tensors are stored as F64 and are rounded to F32.', doubles));
  }
  return { tensors, metadata: header.metadata, unreadable, notices };
}

/** Doubles as the bytes of the nearest float32. */
function narrowed(bytes: Bytes): Bytes {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const doubles = new Float64Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 8);
  return new Uint8Array(Float32Array.from(doubles).buffer);
}

/**
 * A safetensors file of these tensors. The order is the format library's: wider formats first, then
 * by name; metadata keys are sorted. Throws a ModelFileError for repeated names or wrong sizes.
 */
export function writeSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Bytes {
  const sorted = [...tensors].sort(
    (a, b) => RANK[a.dtype] - RANK[b.dtype] || (a.name < b.name ? -1 : 1),
  );
  checkTensors(sorted);
  const notes = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const members = notes.length > 0 ? [member('__metadata__', Object.fromEntries(notes))] : [];
  let end = 0;
  for (const { name, shape, dtype, data } of sorted) {
    members.push(member(name, { dtype, shape, data_offsets: [end, end + data.byteLength] }));
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  // The data starts at a multiple of 8, so that readers can lay typed arrays over a mapped file.
  const padded = Math.ceil(json.byteLength / 8) * 8;
  const bytes = new Uint8Array(8 + padded + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, 8, 8 + padded);
  bytes.set(json, 8);
  let position = 8 + padded;
  for (const { data } of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

type WrittenDtype = TensorToWrite['dtype'];
const RANK: Readonly<Record<WrittenDtype, number>> = { F64: 0, F32: 1, BF16: 2, F16: 3 };
const WRITTEN_BYTES: Readonly<Record<WrittenDtype, number>> = { ...BYTES_OF, F64: 8 };

/** Written one by one, because an object moves keys that look like numbers to its front. */
function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function checkTensors(tensors: readonly TensorToWrite[]): void {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { name, shape, dtype, data } of tensors) {
    if (seen.has(name)) problems.push(`"${name}" is given twice.`);
    if (name === '__metadata__') problems.push('No tensor may be called "__metadata__".');
    seen.add(name);
    const expected = elementCount(shape) * WRITTEN_BYTES[dtype];
    if (data.byteLength !== expected) {
      problems.push(
        `"${name}": shape [${shape.join(', ')}] in ${dtype} needs ${expected} bytes, ${data.byteLength} are given.`,
      );
    }
  }
  throwProblems('These tensors cannot be written as safetensors.', problems);
}
