/**
 * Named arrays as they leave this room: what a safetensors or GGUF file holds, whatever its layout.
 * Bytes are read one tensor at a time, when asked for, so that a checkpoint never stands in memory twice.
 */
import { ModelFileError } from '../errors.ts';
import type { Notice } from '../notices.ts';
import type { Bytes } from './byte-source.ts';
import { bfloat16ToFloat32, float16ToFloat32 } from './half.ts';

export type TensorDtype = 'F32' | 'F16' | 'BF16';

export const BYTES_OF: Readonly<Record<TensorDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

export interface NamedTensor {
  readonly name: string;
  /** Row-major; the empty shape is a scalar. */
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  /** The little-endian bytes, row by row. */
  read(): Promise<Bytes>;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** Notes of the writer, for example `{"format": "pt"}`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensors that are there in a number format we do not read: name → format. Often mere masks. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** What was not taken as it stands in the file. */
  readonly notices: readonly Notice[];
}

/** How many numbers a shape holds. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The tensor's numbers widened to float32; exact for all three formats. */
export async function readFloat32(tensor: NamedTensor): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await tensor.read();
  const expected = elementCount(tensor.shape) * BYTES_OF[tensor.dtype];
  if (bytes.byteLength !== expected) {
    throw new ModelFileError(
      `${tensor.name}: expected ${expected} bytes for [${tensor.shape.join(', ')}] in ${tensor.dtype}, found ${bytes.byteLength}.`,
    );
  }
  return bytesToFloat32(bytes, tensor.dtype);
}

/** Little-endian bytes of one of the three formats as float32 numbers. */
export function bytesToFloat32(bytes: Bytes, dtype: TensorDtype): Float32Array<ArrayBuffer> {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const count = aligned.byteLength / BYTES_OF[dtype];
  if (dtype === 'F32') return new Float32Array(aligned.buffer, aligned.byteOffset, count);
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  return dtype === 'F16' ? float16ToFloat32(halves) : bfloat16ToFloat32(halves);
}
