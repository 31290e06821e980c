/**
 * How a kept file lies in a slot: a header of 96 bytes, then the content. Numbers are little-endian.
 *
 *      0  "idiolect"
 *      8  format version, 32 bits; 4 bytes of zero
 *     16  generation, 64 bits: counts the writes, the higher is the newer
 *     24  length of the content in bytes, 64 bits
 *     32  SHA-256 of the content
 *     64  SHA-256 of the 64 bytes before
 */
import type { Bytes } from './byte-source.ts';
import { Sha256, sha256Of } from './sha256.ts';

export const HEADER_BYTES = 96;
const MAGIC = 'idiolect';
const VERSION = 1;

export interface Header {
  generation: number;
  /** Of the content, bytes. */
  length: number;
  /** Of the content, 64 hexadecimal digits. */
  sha256: string;
}

export async function headerFor(generation: number, content: Uint8Array): Promise<Bytes> {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(new TextEncoder().encode(MAGIC));
  view.setUint32(8, VERSION, true);
  view.setBigUint64(16, BigInt(generation), true);
  view.setBigUint64(24, BigInt(content.length), true);
  header.set(bytesOfHex(await sha256Of(content)), 32);
  header.set(bytesOfHex(new Sha256().update(header.subarray(0, 64)).hex()), 64);
  return header;
}

/** Undefined when these bytes do not begin with a header that is whole. */
export function readHeader(bytes: Bytes): Header | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  if (hexOfBytes(bytes.subarray(64, 96)) !== new Sha256().update(bytes.subarray(0, 64)).hex()) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC) return undefined;
  if (view.getUint32(8, true) !== VERSION) return undefined;
  return {
    generation: Number(view.getBigUint64(16, true)),
    length: Number(view.getBigUint64(24, true)),
    sha256: hexOfBytes(bytes.subarray(32, 64)),
  };
}

/** The content of a slot; undefined unless all of it is there as it was written. */
export async function readContent(bytes: Bytes): Promise<Bytes | undefined> {
  const header = readHeader(bytes);
  const content = bytes.subarray(HEADER_BYTES);
  if (header?.length !== content.length) return undefined;
  return (await sha256Of(content)) === header.sha256 ? content : undefined;
}

const hexOfBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const bytesOfHex = (hex: string): number[] =>
  Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.slice(at * 2, at * 2 + 2), 16));
