/** Which tokens of a text belong to some of its parts. */
import type { TextSpan } from './generation-blocks.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * Weight 1 for every token that holds a character of a span, else 0, as transformers masks tokens. Tokens are found by
 * their bytes; where these are not the text's own (a tokenizer that normalizes), by how many tokens the text up to a
 * boundary shares with the whole.
 * @param ids of the text, without special tokens
 */
export function spanWeights(
  tokenizer: Tokenizer,
  text: string,
  ids: readonly number[],
  spans: readonly TextSpan[],
): Uint8Array {
  const weights = new Uint8Array(ids.length);
  const find = byBytes(tokenizer, text, ids) ?? byPrefix(tokenizer, text, ids);
  for (const { start, end } of spans) {
    if (end > start) weights.fill(1, find.first(start), find.last(end) + 1);
  }
  return weights;
}

interface Find {
  /** The first token of the character at an index. */
  first: (character: number) => number;
  /** The last token of the character before an index. */
  last: (character: number) => number;
}

function byBytes(tokenizer: Tokenizer, text: string, ids: readonly number[]): Find | undefined {
  const encoder = new TextEncoder();
  const whole = encoder.encode(text);
  const ends: number[] = [];
  const tokenBytes = ids.map((id) => tokenizer.tokenBytes(id));
  // SentencePiece puts a space before the first word.
  const total = tokenBytes.reduce((sum, { length }) => sum + length, 0);
  const lead = total - whole.length;
  if (lead !== 0 && (lead !== 1 || tokenBytes[0]?.[0] !== 0x20)) return undefined;
  let at = -lead;
  for (const bytes of tokenBytes) {
    for (const [i, byte] of bytes.entries()) {
      if (at + i >= 0 && whole[at + i] !== byte) return undefined;
    }
    at += bytes.length;
    ends.push(at);
  }
  const bytesBefore = (character: number) => encoder.encode(text.slice(0, character)).length;
  const holding = (byte: number) => ends.findIndex((end) => end > byte);
  return {
    first: (character) => holding(bytesBefore(character)),
    last: (character) => holding(bytesBefore(character) - 1),
  };
}

function byPrefix(tokenizer: Tokenizer, text: string, ids: readonly number[]): Find {
  /** Tokens of the text before a character, and how many of them begin the whole. */
  const before = (character: number) => {
    const tokens = tokenizer.encode(text.slice(0, character), { addSpecialTokens: false });
    let shared = 0;
    while (shared < tokens.length && tokens[shared] === ids[shared]) shared++;
    return { all: tokens.length, shared };
  };
  return {
    first: (character) => before(character).shared,
    last: (character) => {
      const { all, shared } = before(character);
      // A token that reaches over the boundary holds the character too.
      return shared < all ? shared : shared - 1;
    },
  };
}
