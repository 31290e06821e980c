/** Hashes that name data, models and settings, in manifests and to refuse a resume with others. */
import type { Bytes } from '../../storage/byte-source.ts';
import { sha256Of } from '../../storage/sha256.ts';
import type { TensorFile } from '../../storage/tensor-file.ts';

/** SHA-256 of a value's JSON with keys in alphabetical order: a file and a form may hold them in different ones. */
export function fingerprintOf(value: unknown): Promise<string> {
  const inOrder = (_: string, part: unknown): unknown =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return sha256Of(JSON.stringify(value, inOrder));
}

/**
 * The same tensors, each of which leaves a checksum when it is read: two checkpoints of one shape
 * are told apart without a second pass over the file. No protection against forgery.
 */
export function hashedOnRead(file: TensorFile): {
  tensors: TensorFile;
  /** Of what has been read so far. */
  hash: () => Promise<string>;
} {
  const read = new Map<string, string>();
  const tensors = new Map(
    [...file.tensors].map(([name, tensor]) => [
      name,
      {
        ...tensor,
        read: async () => {
          const bytes = await tensor.read();
          read.set(name, `${name} ${tensor.dtype} [${tensor.shape.join()}] ${checksum(bytes)}`);
          return bytes;
        },
      },
    ]),
  );
  return {
    tensors: { ...file, tensors },
    hash: () => sha256Of([...read.values()].sort().join('\n')),
  };
}

/** FNV-1a over words of 32 bits, and over what is left byte by byte. */
function checksum(bytes: Bytes): number {
  const whole = bytes.byteLength >>> 2;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  let value = 0x811c9dc5;
  for (const word of new Uint32Array(aligned.buffer, aligned.byteOffset, whole)) {
    value = Math.imul(value ^ word, 0x01000193);
  }
  for (const byte of aligned.subarray(4 * whole)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}
