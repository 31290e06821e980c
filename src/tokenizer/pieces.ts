/**
 * A run of tokens as pieces to be shown side by side. A character whose bytes are divided over
 * several tokens belongs to the token that completes it; the others show their bytes.
 */
import { hexLabel, type Tokenizer } from './tokenizer.ts';

export interface Piece {
  readonly id: number;
  /** What the token adds to the text; empty when its character is completed later. */
  readonly text: string;
  /** What to show: the text, or the bytes as ‹F0 9F› when there is none. Never empty. */
  readonly label: string;
  readonly special: boolean;
}

/**
 * One piece for each id. Joined, the texts are the decoded text (of a SentencePiece model: with
 * the space that it puts before the first word).
 */
export function tokenPieces(tokenizer: Tokenizer, ids: ArrayLike<number>): Piece[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return Array.from(ids, (id, i) => {
    const bytes = tokenizer.tokenBytes(id);
    // The decoder keeps the bytes of an unfinished character until the next call.
    const text = decoder.decode(bytes, { stream: i < ids.length - 1 });
    const bare = bytes.length > 0 ? hexLabel(bytes) : tokenizer.token(id);
    return { id, text, label: text === '' ? bare : text, special: tokenizer.isSpecial(id) };
  });
}
