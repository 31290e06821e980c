/**
 * Where bytes come from: one small interface over memory, a dropped File, a file of the browser's
 * private folder or (in `node-file.ts`) a path. Readers ask for ranges and never for a whole file.
 */
import { ModelFileError } from '../errors.ts';
import { MAX_DESCRIPTION_BYTES, overLimit } from '../limits.ts';

/** Bytes in memory of their own, never shared with another thread. */
export type Bytes = Uint8Array<ArrayBuffer>;

export interface ByteSource {
  /** The file's name, as error messages show it. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * `length` bytes from `offset`, as a copy that starts at byte 0 of its own buffer, so that typed
   * arrays can be laid over it. Throws a ModelFileError for a range outside the file.
   */
  read(offset: number, length: number): Promise<Bytes>;
}

/** Throws a ModelFileError unless the range lies inside the file. */
export function checkRange(file: ByteSource, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || offset + length > file.size) {
    throw new ModelFileError(
      `${file.name}: ${length} bytes from byte ${offset} were asked for, but the file has ${file.size} bytes.`,
    );
  }
}

/** A file that is already in memory. */
export function bytesSource(name: string, content: ArrayBuffer | Uint8Array): ByteSource {
  const bytes = content instanceof Uint8Array ? content : new Uint8Array(content);
  const source: ByteSource = {
    name,
    size: bytes.byteLength,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      return Promise.resolve(new Uint8Array(bytes.subarray(offset, offset + length)));
    },
  };
  return source;
}

/** A text as a file; for files that are made rather than read. */
export function textSource(name: string, text: string): ByteSource {
  return bytesSource(name, new TextEncoder().encode(text));
}

/** A File that someone picked or dropped, or any other Blob. */
export function blobSource(name: string, blob: Blob): ByteSource {
  const source: ByteSource = {
    name,
    size: blob.size,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (cause) {
        // Browsers refuse to read a File that changed on disk after it was picked.
        throw new ModelFileError(
          `${name}: the file can no longer be read. Was it moved or changed? Pick it again.`,
          [],
          { cause },
        );
      }
    },
  };
  return source;
}

/** The whole file as text; throws a ModelFileError when it is not UTF-8 or has more than `most` bytes. */
export async function readText(file: ByteSource, most = MAX_DESCRIPTION_BYTES): Promise<string> {
  if (file.size > most) {
    throw new ModelFileError(`${file.name}: ${overLimit(file.size, 'bytes of text', most)}`);
  }
  const bytes = await file.read(0, file.size);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ModelFileError(`${file.name}: expected UTF-8 text, found other bytes.`, [], {
      cause,
    });
  }
}

/** Whether a parsed JSON value is an object (not null, not a list). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const PIECE_BYTES = 8 * 1024 * 1024;

/** A file from its beginning to its end; `end` is where a piece ends, bytes from the beginning. */
export async function* piecesOf(file: ByteSource): AsyncGenerator<{ content: Bytes; end: number }> {
  for (let offset = 0; offset < file.size; offset += PIECE_BYTES) {
    const end = Math.min(file.size, offset + PIECE_BYTES);
    yield { content: await file.read(offset, end - offset), end };
  }
}
