/** A text in few letters that an address takes as they are. */
import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';

export function packText(text: string): string {
  const bytes = deflateSync(strToU8(text), { level: 9 });
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** Undefined for what was not packed here. */
export function unpackText(packed: string): string | undefined {
  try {
    const text = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
    return strFromU8(inflateSync(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  } catch {
    return undefined;
  }
}
