/**
 * From tokens back to bytes and text. A byte-level token may end in the middle of a character, so
 * tokens are joined as bytes and decoded once. Two spellings of bytes are known: GPT-2's, where each
 * byte has a printable stand-in, and SentencePiece's, where ▁ is a space and <0x0A> a single byte.
 */
import { isObject, type Json } from './tokenizer-files.ts';

export interface TokenBytes {
  /** The bytes that a token stands for, given its spelling in the vocabulary. */
  bytes(token: string, isAdded: boolean): Uint8Array;
  /** The text of tokens in a row; broken characters become U+FFFD. */
  text(tokens: readonly { token: string; isAdded: boolean }[]): string;
}

const encoder = new TextEncoder();
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** Bytes as text, or undefined when they are not whole characters. */
export function wholeText(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** How this tokenizer spells bytes; undefined for decoders of another kind. */
export function tokenBytes(decoder: unknown): TokenBytes | undefined {
  const parts = decoderParts(decoder);
  const types = parts.map((part) => part['type']);
  if (types.length === 1 && types[0] === 'ByteLevel') return byteLevel;
  if (types.includes('ByteFallback') && types.every((type) => FALLBACK_PARTS.has(type))) {
    return byteFallback(parts);
  }
  return undefined;
}

function decoderParts(decoder: unknown): Json[] {
  if (!isObject(decoder)) return [];
  const { decoders } = decoder;
  return decoder['type'] === 'Sequence' && Array.isArray(decoders)
    ? decoders.flatMap(decoderParts)
    : [decoder];
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.length;
  }
  return all;
}

/**
 * GPT-2's stand-ins: printable Latin-1 bytes stand for themselves, the others in order for the
 * characters from U+0100 on.
 */
const BYTE_OF: ReadonlyMap<string, number> = (() => {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  const map = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    map.set(String.fromCharCode(printable(byte) ? byte : next++), byte);
  }
  return map;
})();

const byteLevel: TokenBytes = {
  bytes: (token, isAdded) => {
    const bytes = Array.from(token, (character) => BYTE_OF.get(character));
    if (isAdded || bytes.includes(undefined)) return encoder.encode(token);
    return Uint8Array.from(bytes as number[]);
  },
  text: (tokens) =>
    lossy.decode(concat(tokens.map(({ token, isAdded }) => byteLevel.bytes(token, isAdded)))),
};

const FALLBACK_PARTS: ReadonlySet<unknown> = new Set(['Replace', 'ByteFallback', 'Fuse', 'Strip']);

function byteFallback(parts: readonly Json[]): TokenBytes {
  const strips = parts.some((part) => part['type'] === 'Strip' && part['start'] === 1);
  const spell = (token: string): string => token.replaceAll('▁', ' ');
  const byteOf = (token: string): number | undefined => {
    const hex = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
    return hex === undefined ? undefined : parseInt(hex, 16);
  };
  return {
    bytes: (token) => {
      const byte = byteOf(token);
      return byte === undefined ? encoder.encode(spell(token)) : Uint8Array.of(byte);
    },
    text: (tokens) => {
      const texts: string[] = [];
      let run: number[] = [];
      const flush = (): void => {
        // The original gives one U+FFFD for each byte of a run that is not whole characters.
        texts.push(wholeText(Uint8Array.from(run)) ?? '\ufffd'.repeat(run.length));
        run = [];
      };
      for (const { token } of tokens) {
        const byte = byteOf(token);
        if (byte !== undefined) {
          run.push(byte);
          continue;
        }
        flush();
        texts.push(spell(token));
      }
      flush();
      const text = texts.join('');
      return strips && text.startsWith(' ') ? text.slice(1) : text;
    },
  };
}
