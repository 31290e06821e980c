/** Which of the trained tokens are measured when every answer of a conversation counts: their text, and the last end. */
import type { EncodedPair } from '../../tokenizer/encode-pair.ts';

/** Whether each token belongs to the end of an answer: the end token, and what is trained right after it. */
export function endsOf(
  { tokens, weights }: Pick<EncodedPair, 'tokens' | 'weights'>,
  endId: number | undefined,
): boolean[] {
  let inside = false;
  return tokens.map((id, t) => {
    inside = weights?.[t] === 1 && (inside || id === endId);
    return inside;
  });
}

/** The pair with the ends of earlier answers left out of the loss, and cut right after the last end token. */
export function scoredPair<Pair extends EncodedPair>(pair: Pair, endId: number | undefined): Pair {
  if (pair.weights === undefined) return pair;
  const ends = endsOf(pair, endId);
  const last = pair.tokens.lastIndexOf(endId ?? -1);
  const length = pair.ended === true && last >= 0 ? last + 1 : pair.tokens.length;
  return {
    ...pair,
    tokens: pair.tokens.slice(0, length),
    weights: pair.weights.slice(0, length).map((weight, t) => (ends[t] && t !== last ? 0 : weight)),
  };
}
