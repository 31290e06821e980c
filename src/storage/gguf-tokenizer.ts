/**
 * `tokenizer.json` and its companions, made from the `tokenizer.ggml.*` keys of a GGUF file. The
 * file holds tokens and merges but only the *name* of the rule that cuts text before merging
 * (`tokenizer.ggml.pre`), so each known name is spelled out here and others are refused.
 */
import { UnsupportedModelError } from '../errors.ts';
import { notice, type Notice } from '../notices.ts';
import type { MetadataReader } from './gguf-metadata.ts';
import { throwProblems } from './problems.ts';

interface PreTokenizerRule {
  readonly normalizer: object | null;
  readonly preTokenizer: object;
  /** Whole words that are in the vocabulary are taken as they are, unmerged. */
  readonly ignoreMerges: boolean;
  /** Whether the family begins each text with BOS when the file does not say. */
  readonly addsBos: boolean;
}

const byteLevel = (useRegex: boolean): object => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

/** The published pattern of Llama 3 and Qwen 2, which differ in how many digits stay together. */
const splitThenBytes = (digits: string): object => ({
  type: 'Sequence',
  pretokenizers: [
    {
      type: 'Split',
      pattern: {
        Regex: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
      },
      behavior: 'Isolated',
      invert: false,
    },
    byteLevel(false),
  ],
});

const plain = { normalizer: null, ignoreMerges: false, addsBos: false };
const gpt2: PreTokenizerRule = { ...plain, preTokenizer: byteLevel(true) };
const smollm: PreTokenizerRule = {
  ...plain,
  preTokenizer: {
    type: 'Sequence',
    pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)],
  },
};
const llama3: PreTokenizerRule = {
  normalizer: null,
  preTokenizer: splitThenBytes('{1,3}'),
  ignoreMerges: true,
  addsBos: true,
};
const qwen2: PreTokenizerRule = {
  ...plain,
  normalizer: { type: 'NFC' },
  preTokenizer: splitThenBytes(''),
};

const RULES: ReadonlyMap<string, PreTokenizerRule> = new Map([
  ['default', gpt2],
  ['gpt-2', gpt2],
  ['smollm', smollm],
  ['llama3', llama3],
  ['llama-v3', llama3],
  ['llama-bpe', llama3],
  ['qwen2', qwen2],
]);

/** Token kinds in `tokenizer.ggml.token_type`. */
const CONTROL = 3;
const USER_DEFINED = 4;

/**
 * The tokenizer's files by name: tokenizer.json, tokenizer_config.json, generation_config.json.
 * Throws an UnsupportedModelError for tokenizers that would not be exact.
 */
export function ggufTokenizer(
  read: MetadataReader,
  fileName: string,
  notices: Notice[],
): Map<string, string> {
  const rule = findRule(read, fileName, notices);
  const tokens = read.texts('tokenizer.ggml.tokens');
  const merges = read.texts('tokenizer.ggml.merges');
  const types = read.raw('tokenizer.ggml.token_type')
    ? read.numbers('tokenizer.ggml.token_type')
    : tokens.map(() => 1);
  if (types.length !== tokens.length) {
    read.problems.push(`${tokens.length} tokens but ${types.length} token types.`);
  }
  const pairs = merges.map((merge) => splitMerge(merge));
  if (new Set(tokens).size !== tokens.length) read.problems.push('Some tokens are listed twice.');
  const added = tokens.flatMap((content, id) => addedToken(content, id, types[id] ?? 1));

  const config = tokenizerConfig(read, tokens, rule);
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: rule.normalizer,
    pre_tokenizer: rule.preTokenizer,
    post_processor: postProcessor(config, tokens),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: rule.ignoreMerges,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: pairs,
    },
  };
  const generation = generationConfig(read);
  throwProblems(`${fileName}: the tokenizer in the GGUF metadata is broken.`, read.problems);
  return new Map([
    ['tokenizer.json', JSON.stringify(tokenizer)],
    ['tokenizer_config.json', JSON.stringify(config)],
    ['generation_config.json', JSON.stringify(generation)],
  ]);
}

function findRule(read: MetadataReader, fileName: string, notices: Notice[]): PreTokenizerRule {
  const model = read.maybeText('tokenizer.ggml.model');
  if (model !== 'gpt2') {
    throw new UnsupportedModelError(
      `${fileName}: the tokenizer model "${model ?? 'none'}" cannot be rebuilt exactly from GGUF; "gpt2" (byte-level BPE) can. Bring the original folder with tokenizer.json.`,
    );
  }
  const named = read.maybeText('tokenizer.ggml.pre');
  if (named === undefined || named === 'default') {
    const text = `${fileName} does not name the rule by which text is cut before merging; GPT-2’s is assumed. If the model has another, its tokens and numbers are not right.`;
    notices.push(notice('assumed', text, [`${fileName}: tokenizer.ggml.pre`]));
  }
  const pre = named ?? 'default';
  const rule = RULES.get(pre);
  if (rule === undefined) {
    throw new UnsupportedModelError(
      `${fileName}: the pre-tokenizer "${pre}" is not known; these are: ${[...RULES.keys()].join(', ')}. Bring the original folder with tokenizer.json.`,
    );
  }
  return rule;
}

/** "left right" → [left, right]; a piece may itself begin with a space-like character. */
function splitMerge(merge: string): [string, string] {
  const space = merge.indexOf(' ', 1);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

function addedToken(content: string, id: number, type: number): object[] {
  if (type !== CONTROL && type !== USER_DEFINED) return [];
  return [
    {
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: type === CONTROL,
    },
  ];
}

function tokenizerConfig(
  read: MetadataReader,
  tokens: readonly string[],
  rule: PreTokenizerRule,
): Record<string, unknown> {
  const config: Record<string, unknown> = {
    add_bos_token: read.maybeBoolean('tokenizer.ggml.add_bos_token') ?? rule.addsBos,
    add_eos_token: read.maybeBoolean('tokenizer.ggml.add_eos_token') ?? false,
    clean_up_tokenization_spaces: false,
    model_max_length: read.maybeNumber('llama.context_length'),
  };
  const keys = { bos_token: 'bos', eos_token: 'eos', pad_token: 'padding', unk_token: 'unknown' };
  for (const [name, key] of Object.entries(keys)) {
    const id = read.maybeNumber(`tokenizer.ggml.${key}_token_id`);
    if (id === undefined) continue;
    const token = tokens[id];
    if (token === undefined)
      read.problems.push(`tokenizer.ggml.${key}_token_id ${id} is no token.`);
    else config[name] = token;
  }
  const templates = chatTemplates(read);
  const [first] = templates;
  if (first) {
    const isOnly = templates.length === 1 && first.name === 'default';
    config['chat_template'] = isOnly ? first.template : templates;
  }
  return config;
}

/** Byte-level, then BOS before the text and EOS after it as far as the configuration adds them. */
function postProcessor(
  config: Readonly<Record<string, unknown>>,
  tokens: readonly string[],
): object {
  const bytes = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true };
  const around = (['bos', 'eos'] as const).map((name) => {
    const token = config[`${name}_token`];
    return config[`add_${name}_token`] === true && typeof token === 'string' ? [token] : [];
  });
  const [before, after] = around as [string[], string[]];
  if (before.length + after.length === 0) return bytes;
  const specials = (names: readonly string[], type: number) =>
    names.map((id) => ({ SpecialToken: { id, type_id: type } }));
  const text = (id: 'A' | 'B', type: number) => [
    ...specials(before, type),
    { Sequence: { id, type_id: type } },
    ...specials(after, type),
  ];
  const template = {
    type: 'TemplateProcessing',
    single: text('A', 0),
    pair: [...text('A', 0), ...text('B', 1)],
    special_tokens: Object.fromEntries(
      [...before, ...after].map((id) => [id, { id, ids: [tokens.indexOf(id)], tokens: [id] }]),
    ),
  };
  return { type: 'Sequence', processors: [bytes, template] };
}

/** The ordinary template, and others by name. */
function chatTemplates(read: MetadataReader): { name: string; template: string }[] {
  const found: { name: string; template: string }[] = [];
  const add = (name: string, key: string) => {
    const template = read.maybeText(key);
    if (template !== undefined) found.push({ name, template });
  };
  add('default', 'tokenizer.chat_template');
  for (const name of read.endings('tokenizer.chat_template.')) {
    add(name, `tokenizer.chat_template.${name}`);
  }
  return found;
}

/** Generation stops at EOS and, where the file names them, at the ends of a turn and of a message. */
function generationConfig(read: MetadataReader): Record<string, unknown> {
  const stops = ['eos', 'eot', 'eom']
    .map((key) => read.maybeNumber(`tokenizer.ggml.${key}_token_id`))
    .filter((id) => id !== undefined);
  return stops.length > 0 ? { eos_token_id: [...new Set(stops)] } : {};
}
