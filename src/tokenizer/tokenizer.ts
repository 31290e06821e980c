/**
 * Text to token ids and back, with the model's own vocabulary. This room knows texts and ids; it
 * knows nothing of tensors or of where files come from. The merging is done by the library
 * `@huggingface/tokenizers`, on rules that `exact-rules.ts` has made exact.
 */
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { ModelFileError, UnsupportedModelError } from '../errors.ts';
import { notice, type Notice } from '../notices.ts';
import { tokenizerNotices } from './account.ts';
import { openChatTemplate, type ChatTemplate } from './chat-template.ts';
import { withExactRules } from './exact-rules.ts';
import { boundPatterns, hasUnknownPattern } from './patterns.ts';
import { checkTokenizerJson } from './tokenizer-shape.ts';
import { tokenBytes, wholeText, type TokenBytes } from './token-bytes.ts';
import {
  chatTemplateSources,
  configuredEosIds,
  readObject,
  readTokenizerJson,
  specialToken,
  specialTokens,
  type Json,
  type TokenizerTexts,
} from './tokenizer-files.ts';

export interface SpecialTokenOptions {
  /** Whether to add what the model puts around a text, such as BOS. Not for rendered chats. */
  readonly addSpecialTokens: boolean;
}

export interface DecodeOptions {
  readonly skipSpecialTokens: boolean;
}

export interface Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number;
  encode(text: string, options: SpecialTokenOptions): number[];
  /** Ids without a token are left out; broken characters become U+FFFD. */
  decode(ids: ArrayLike<number>, options: DecodeOptions): string;
  /** A token to be read by people: its text, or its bytes as ‹F0 9F› when they are no whole text. */
  token(id: number): string;
  /** The UTF-8 bytes that a token contributes; empty for ids without a token. */
  tokenBytes(id: number): Uint8Array;
  /** Whether the token is a mark such as BOS rather than text. */
  isSpecial(id: number): boolean;
  readonly bosId: number | undefined;
  /** Ids that end an answer. The first is the tokenizer's own EOS; generation stops at any. */
  readonly eosIds: readonly number[];
  readonly padId: number | undefined;
  readonly chatTemplate: ChatTemplate | undefined;
  /** Whether `addSpecialTokens` puts BOS first. */
  readonly addsBos: boolean;
  /** What its files say that is not used. */
  readonly notices: readonly Notice[];
}

/**
 * Opens a model's tokenizer from the texts of its folder (tokenizer.json, or vocab.json with
 * merges.txt, and beside them tokenizer_config.json, special_tokens_map.json,
 * generation_config.json, config.json, chat_template.jinja). Throws a ModelFileError when they are
 * missing or broken, an UnsupportedModelError when ids would not be exact.
 */
export function openTokenizer(texts: TokenizerTexts): Tokenizer {
  const stored = readTokenizerJson(texts);
  checkTokenizerJson(stored);
  const json = withExactRules(stored);
  const config = readObject(texts, 'tokenizer_config.json');
  if (config['split_special_tokens'] === true) {
    throw new UnsupportedModelError(
      'tokenizer_config.json: split_special_tokens, special tokens cut as text, is not supported.',
    );
  }
  const rules = [json['normalizer'], json['pre_tokenizer'], json['decoder']];
  const unknown = hasUnknownPattern(rules);
  let library: LibraryTokenizer;
  try {
    library = new LibraryTokenizer(json, config);
    if (unknown) boundPatterns([library.normalizer, library.pre_tokenizer, library.decoder]);
  } catch (cause) {
    if (cause instanceof ModelFileError) throw cause;
    throw new ModelFileError(`tokenizer.json: cannot be opened (${String(cause)}).`, [], {
      cause,
    });
  }
  const idOf = (token: string | undefined): number | undefined =>
    token === undefined ? undefined : library.token_to_id(token);
  const bosId = idOf(specialToken(texts, 'bos_token'));
  const eosId = idOf(specialToken(texts, 'eos_token'));
  const around = specialsAround(library, bosId, eosId, texts.has('tokenizer.json') ? {} : config);
  const sources = chatTemplateSources(texts);
  const vocabulary = new Vocabulary(json, library);
  const ends = configuredEosIds(texts, vocabulary.size);

  return {
    vocabSize: vocabulary.size,
    encode: (text, { addSpecialTokens }) => {
      const { ids } = library.encode(text, { add_special_tokens: false });
      if (ids.some((id) => (id as number | undefined) === undefined)) {
        throw new ModelFileError('tokenizer.json: the vocabulary lacks pieces of this text.', [
          JSON.stringify(text.slice(0, 80)),
        ]);
      }
      return addSpecialTokens ? [...around.before, ...ids, ...around.after] : ids;
    },
    decode: (ids, { skipSpecialTokens }) => vocabulary.decode(ids, skipSpecialTokens),
    token: (id) => vocabulary.readable(id),
    tokenBytes: (id) => vocabulary.bytes(id),
    isSpecial: (id) => vocabulary.special.has(id),
    bosId,
    eosIds: [...new Set([...(eosId === undefined ? [] : [eosId]), ...ends.ids])],
    padId: idOf(specialToken(texts, 'pad_token')),
    chatTemplate: sources.size > 0 ? openChatTemplate(sources, specialTokens(texts)) : undefined,
    addsBos: bosId !== undefined && around.before[0] === bosId,
    notices: [
      ...tokenizerNotices(texts, stored, (token) => idOf(token) !== undefined),
      ...contradictions(texts, around, bosId, eosId),
      ...oddEnds(ends.odd),
    ],
  };
}

/**
 * What the post-processor puts around a text, seen on a short one. Without a tokenizer.json there is none, and
 * the configuration says it.
 */
function specialsAround(
  library: LibraryTokenizer,
  bosId: number | undefined,
  eosId: number | undefined,
  config: Json,
): { before: number[]; after: number[] } {
  const inner = library.encode('a', { add_special_tokens: false }).ids;
  const whole = library.encode('a', { add_special_tokens: true }).ids;
  if ([...inner, ...whole].some((id) => (id as number | undefined) === undefined)) {
    throw new ModelFileError(
      'tokenizer.json: the post-processor adds tokens that are not in the vocabulary, or the letter “a” is not.',
    );
  }
  const start = whole.findIndex((_, i) => inner.every((id, j) => whole[i + j] === id));
  if (start < 0) {
    throw new UnsupportedModelError('tokenizer.json: the post-processor changes the text itself.');
  }
  let before = whole.slice(0, start);
  let after = whole.slice(start + inner.length);
  if (bosId !== undefined && typeof config['add_bos_token'] === 'boolean') {
    before = before.filter((id) => id !== bosId);
    if (config['add_bos_token']) before.unshift(bosId);
  }
  if (eosId !== undefined && typeof config['add_eos_token'] === 'boolean') {
    after = after.filter((id) => id !== eosId);
    if (config['add_eos_token']) after.push(eosId);
  }
  return { before, after };
}

function oddEnds(places: readonly string[]): Notice[] {
  const text =
    'Some ids that should end an answer are no tokens of this vocabulary and were left out.';
  return places.length === 0 ? [] : [notice('dropped', text, places)];
}

/** add_bos_token and add_eos_token beside a tokenizer.json that does otherwise: the latter counts, as in Python. */
function contradictions(
  texts: TokenizerTexts,
  { before, after }: { before: number[]; after: number[] },
  bosId: number | undefined,
  eosId: number | undefined,
): Notice[] {
  if (!texts.has('tokenizer.json')) return [];
  const config = readObject(texts, 'tokenizer_config.json');
  const differs = [
    { key: 'add_bos_token', does: bosId !== undefined && before.includes(bosId) },
    { key: 'add_eos_token', does: eosId !== undefined && after.includes(eosId) },
  ].filter(({ key, does }) => typeof config[key] === 'boolean' && config[key] !== does);
  if (differs.length === 0) return [];
  return [
    notice(
      'doubtful',
      'tokenizer_config.json and the post-processor of tokenizer.json disagree about tokens around a text; tokenizer.json counts, as in transformers.',
      differs.map(({ key }) => `tokenizer_config.json: ${key} ${String(config[key])}`),
    ),
  ];
}

/** Tokens by id, and what they say. */
class Vocabulary {
  readonly size: number;
  readonly special: ReadonlySet<number>;
  private readonly added: ReadonlySet<number>;
  private readonly library: LibraryTokenizer;
  private readonly spelling: TokenBytes | undefined;

  constructor(json: Json, library: LibraryTokenizer) {
    const added = [...library.get_added_tokens_decoder().values()];
    this.library = library;
    this.added = new Set(added.map(({ id }) => id));
    this.special = new Set(added.filter(({ special }) => special).map(({ id }) => id));
    this.spelling = tokenBytes(json['decoder']);
    const model = json['model'] as { vocab: Record<string, number> };
    let largest = -1;
    for (const id of Object.values(model.vocab)) largest = Math.max(largest, id);
    for (const id of this.added) largest = Math.max(largest, id);
    this.size = largest + 1;
  }

  decode(ids: ArrayLike<number>, skipSpecial: boolean): string {
    const kept = Array.from(ids).filter(
      (id) => this.library.id_to_token(id) !== undefined && !(skipSpecial && this.special.has(id)),
    );
    if (this.spelling !== undefined) {
      return this.spelling.text(
        kept.map((id) => ({ token: this.library.id_to_token(id)!, isAdded: this.added.has(id) })),
      );
    }
    if (kept.length === 0) return '';
    return this.library.decode(kept, { clean_up_tokenization_spaces: false });
  }

  bytes(id: number): Uint8Array {
    const token = this.library.id_to_token(id);
    if (token === undefined) return new Uint8Array();
    if (this.spelling !== undefined) return this.spelling.bytes(token, this.added.has(id));
    return new TextEncoder().encode(token);
  }

  readable(id: number): string {
    if (this.library.id_to_token(id) === undefined) return `‹no token ${id}›`;
    const bytes = this.bytes(id);
    return wholeText(bytes) ?? hexLabel(bytes);
  }
}

/** Bytes that are no whole text, for people: ‹F0 9F›. */
export function hexLabel(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0'));
  return `‹${hex.join(' ')}›`;
}
