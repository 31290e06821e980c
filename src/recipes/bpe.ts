/**
 * Learns a byte-level BPE vocabulary from texts and writes it as a tokenizer.json: digits stand
 * alone, then the usual byte-level pattern, then merges by frequency. Made for small corpora with
 * few different words; it counts words once and merges within them.
 */

/** The byte-level pattern of GPT-2: words take the space before them. */
const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Printable stand-ins for the 256 bytes, as byte-level tokenizers define them. */
export function byteAlphabet(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : next++),
  );
}

/** A text cut into words as the tokenizer sees them, in stand-in characters. */
export function splitWords(text: string): string[] {
  const alphabet = byteAlphabet();
  const encoder = new TextEncoder();
  return text
    .split(/(\p{Nd})/u)
    .flatMap((stage) => stage.match(wordPattern) ?? [])
    .map((word) => [...encoder.encode(word)].map((byte) => alphabet[byte]!).join(''));
}

export interface Vocabulary {
  /** Tokens by id: the end of text, the bytes, then one for each merge. */
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

/**
 * Merges the most frequent pair until the vocabulary is full or no pair occurs twice. Ties go to
 * the pair that sorts first, so the result depends on nothing but the texts.
 */
export function learnVocabulary(
  texts: Iterable<string>,
  size: number,
  endOfText: string,
): Vocabulary {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts].map(([word, count]) => ({ symbols: Array.from(word), count }));
  const tokens = [endOfText, ...byteAlphabet()];
  const merges: [string, string][] = [];
  while (tokens.length < size) {
    const best = mostFrequentPair(words);
    if (!best) break;
    merges.push(best);
    tokens.push(best[0] + best[1]);
    for (const word of words) word.symbols = mergePair(word.symbols, best);
  }
  return { tokens, merges };
}

type Word = { symbols: string[]; readonly count: number };

function mostFrequentPair(words: readonly Word[]): [string, string] | undefined {
  const pairs = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let i = 0; i + 1 < symbols.length; i++) {
      const pair = `${symbols[i]!} ${symbols[i + 1]!}`;
      pairs.set(pair, (pairs.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let bestCount = 1;
  for (const [pair, count] of pairs) {
    if (count > bestCount || (count === bestCount && best !== undefined && pair < best)) {
      best = pair;
      bestCount = count;
    }
  }
  return best?.split(' ') as [string, string] | undefined;
}

function mergePair(symbols: readonly string[], [left, right]: readonly [string, string]): string[] {
  const merged: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      merged.push(left + right);
      i++;
    } else merged.push(symbols[i]!);
  }
  return merged;
}

/** The vocabulary as the JSON that tokenizer libraries read. */
export function tokenizerJson({ tokens, merges }: Vocabulary): object {
  const endOfText = {
    id: 0,
    content: tokens[0]!,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [endOfText],
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}
