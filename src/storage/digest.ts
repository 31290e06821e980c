/** SHA-256 of bytes that are all there: by the platform where it offers that, else by our own. */
import { Sha256 } from './sha256.ts';

/** @returns 64 hexadecimal digits */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Missing on pages without a secure context.
  const { subtle } = globalThis.crypto as { subtle?: SubtleCrypto };
  if (subtle === undefined) return new Sha256().update(bytes).hex();
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
