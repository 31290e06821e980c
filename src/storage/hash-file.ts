/** SHA-256 of files, read in pieces or, where that is faster, at once. */
import { piecesOf, type ByteSource } from './byte-source.ts';
import { Sha256, sha256Of } from './sha256.ts';

/** Takes bytes in pieces and gives the digest as 64 hexadecimal digits. */
export interface Hasher {
  update(bytes: Uint8Array): unknown;
  hex(): string;
}

/**
 * The browser's digest is six times as fast as ours and wants the whole file in memory: up to this
 * size, bytes, it gets it.
 */
const AT_ONCE = 512 * 1024 * 1024;

/**
 * SHA-256 of a file. `onBytes` hears how far it is.
 * @param start makes what hashes in pieces, where there is something faster than the browser's digest
 */
export async function hashOf(
  file: ByteSource,
  onBytes: (done: number) => Promise<void> = () => Promise.resolve(),
  start?: () => Hasher,
): Promise<string> {
  if (start === undefined && file.size <= AT_ONCE) {
    const hash = await sha256Of(await file.read(0, file.size));
    await onBytes(file.size);
    return hash;
  }
  const hash = start?.() ?? new Sha256();
  for await (const { content, end } of piecesOf(file)) {
    hash.update(content);
    await onBytes(end);
  }
  return hash.hex();
}

/** The id under which Git keeps a file of this content; undefined on pages without a secure context. */
export async function gitBlobId(file: ByteSource): Promise<string | undefined> {
  const { subtle } = globalThis.crypto as { subtle?: SubtleCrypto };
  if (subtle === undefined) return undefined;
  const head = new TextEncoder().encode(`blob ${file.size}\0`);
  const bytes = new Uint8Array(head.length + file.size);
  bytes.set(head);
  bytes.set(await file.read(0, file.size), head.length);
  const digest = new Uint8Array(await subtle.digest('SHA-1', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
