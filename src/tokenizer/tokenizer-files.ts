/**
 * What a model's folder says about its tokenizer, gathered from the several files that may say it:
 * the vocabulary and rules, the special tokens, and the chat templates.
 */
import { ModelFileError, UnsupportedModelError } from '../errors.ts';
import { parseJson } from '../json-text.ts';

/** Texts of a model's folder by file name. */
export type TokenizerTexts = ReadonlyMap<string, string>;

export type Json = Record<string, unknown>;

/** Whether a parsed JSON value is an object (not null, not a list). */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The file as a JSON object; an empty one when it is absent. Throws a ModelFileError. */
export function readObject(texts: TokenizerTexts, name: string): Json {
  const text = texts.get(name);
  if (text === undefined) return {};
  const known = parsed.get(texts) ?? new Map<string, Json>();
  parsed.set(texts, known);
  const value = known.get(name) ?? parseJson(text, name);
  if (!isObject(value)) throw new ModelFileError(`${name}: expected a JSON object.`);
  known.set(name, value);
  return value;
}

/** Several readers ask for the same files. */
const parsed = new WeakMap<TokenizerTexts, Map<string, Json>>();

/** `tokenizer.json`, or the same made from GPT-2's older pair of files. Throws a ModelFileError. */
export function readTokenizerJson(texts: TokenizerTexts): Json {
  if (texts.has('tokenizer.json')) {
    const json = readObject(texts, 'tokenizer.json');
    return { ...json, added_tokens: addedTokens(texts, json) };
  }
  if (texts.has('vocab.json') && texts.has('merges.txt')) return assembleGpt2(texts);
  throw new ModelFileError('The model has no tokenizer that can be read.', [
    'Expected tokenizer.json, or vocab.json with merges.txt.',
    'A SentencePiece file (tokenizer.model) alone is not read: in Python, AutoTokenizer.from_pretrained(folder).save_pretrained(folder) writes tokenizer.json.',
  ]);
}

/** The added tokens, with those of tokenizer_config.json, whose flags count where the two differ. */
function addedTokens(texts: TokenizerTexts, json: Json): unknown {
  const decoder = readObject(texts, 'tokenizer_config.json')['added_tokens_decoder'];
  const given = json['added_tokens'] ?? [];
  if (!isObject(decoder) || !Array.isArray(given)) return given;
  const listed: unknown[] = given;
  const contentOf = (token: unknown) => (isObject(token) ? token['content'] : undefined);
  const stated = Object.entries(decoder).flatMap(([id, token]) =>
    isObject(token) ? [{ ...token, id: Number(id) }] : [],
  );
  const statedBy = new Map(stated.toReversed().map((each) => [contentOf(each), each]));
  const merged = listed.map((token) => {
    const same = statedBy.get(contentOf(token));
    return same && isObject(token) ? { ...token, ...same, id: token['id'] } : token;
  });
  const known = new Set(listed.map(contentOf));
  return [...merged, ...stated.filter((token) => !known.has(contentOf(token)))];
}

const GPT2_CLASSES: readonly unknown[] = ['GPT2Tokenizer', 'GPT2TokenizerFast'];
const GPT2_MODEL_TYPES: readonly unknown[] = ['gpt2', 'gpt_neo'];

function assembleGpt2(texts: TokenizerTexts): Json {
  const config = readObject(texts, 'tokenizer_config.json');
  const modelType = readObject(texts, 'config.json')['model_type'];
  const named = config['tokenizer_class'];
  const isGpt2 =
    named === undefined
      ? modelType === undefined || GPT2_MODEL_TYPES.includes(modelType)
      : GPT2_CLASSES.includes(named);
  if (!isGpt2) {
    throw new UnsupportedModelError(
      `vocab.json and merges.txt do not say how ${JSON.stringify(named ?? modelType)} cuts text; only GPT-2's way is known. Bring tokenizer.json.`,
    );
  }
  const vocab = readObject(texts, 'vocab.json');
  const ids = { ...vocab, ...readObject(texts, 'added_tokens.json') };
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: config['add_prefix_space'] === true,
    trim_offsets: true,
    use_regex: true,
  };
  const special = new Set([
    '<|endoftext|>',
    ...SPECIAL_NAMES.map((name) => specialToken(texts, name)),
    ...Object.keys(readObject(texts, 'added_tokens.json')),
  ]);
  const added = [...special].flatMap((content) =>
    content !== undefined && Object.hasOwn(ids, content)
      ? [{ id: ids[content], content, special: true, normalized: false }]
      : [],
  );
  return {
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: { type: 'BPE', vocab, merges: readMerges(texts.get('merges.txt')!) },
  };
}

function readMerges(text: string): [string, string][] {
  const merges: [string, string][] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (line === '' || (i === 0 && line.startsWith('#version'))) return;
    const parts = line.split(' ');
    if (parts.length !== 2) {
      throw new ModelFileError(`merges.txt, line ${i + 1}: expected two pieces, found "${line}".`);
    }
    merges.push(parts as [string, string]);
  });
  return merges;
}

export const SPECIAL_NAMES = ['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const;
type SpecialName = (typeof SPECIAL_NAMES)[number];

/** The text of a special token, as tokenizer_config.json or special_tokens_map.json spells it. */
export function specialToken(texts: TokenizerTexts, name: SpecialName): string | undefined {
  for (const file of ['tokenizer_config.json', 'special_tokens_map.json']) {
    const value = readObject(texts, file)[name];
    if (typeof value === 'string') return value;
    if (isObject(value) && typeof value['content'] === 'string') return value['content'];
  }
  return undefined;
}

/** All special tokens that have a text; chat templates may use them by these names. */
export function specialTokens(texts: TokenizerTexts): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of SPECIAL_NAMES) {
    const token = specialToken(texts, name);
    if (token !== undefined) found[name] = token;
  }
  return found;
}

/**
 * Ids of `eos_token_id` in generation_config.json and config.json: a number or a list there. `odd` names those that are
 * no ids of this vocabulary.
 */
export function configuredEosIds(
  texts: TokenizerTexts,
  vocabSize: number,
): { ids: number[]; odd: string[] } {
  const ids: number[] = [];
  const odd: string[] = [];
  for (const file of ['generation_config.json', 'config.json']) {
    const value = readObject(texts, file)['eos_token_id'] ?? [];
    for (const id of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const fits = Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabSize;
      if (fits) ids.push(id as number);
      else odd.push(`${file}: eos_token_id ${JSON.stringify(id)}`);
    }
  }
  return { ids, odd };
}

/**
 * Chat templates by name; the ordinary one is called `default`. A `chat_template.jinja` file wins
 * over what tokenizer_config.json holds.
 */
export function chatTemplateSources(texts: TokenizerTexts): Map<string, string> {
  const sources = new Map<string, string>();
  const add = (value: unknown): void => {
    if (typeof value === 'string') sources.set('default', value);
    if (isObject(value)) {
      for (const [name, source] of Object.entries(value)) {
        if (typeof source === 'string') sources.set(name, source);
      }
    }
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) {
        if (!isObject(item)) continue;
        const { name, template } = item;
        if (typeof name === 'string' && typeof template === 'string') sources.set(name, template);
      }
    }
  };
  add(readObject(texts, 'tokenizer_config.json')['chat_template']);
  add(readObject(texts, 'chat_template.json')['chat_template']);
  for (const [file, text] of texts) {
    const name = /^additional_chat_templates\/([^/]+)\.jinja$/.exec(file)?.[1];
    if (name !== undefined) sources.set(name, text);
  }
  add(texts.get('chat_template.jinja'));
  return sources;
}
