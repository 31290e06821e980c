/** What the tokenizer's files and generation_config.json say that nobody here uses, as notices. */
import { isOff, unknownKeys, unknownKeysNotice } from '../key-account.ts';
import { notice, type Notice } from '../notices.ts';
import {
  HARMLESS_GENERATION_KEYS,
  HARMLESS_TOKENIZER_CONFIG,
  HARMLESS_TOKENIZER_JSON,
  TOKENIZER_MODEL_KEYS,
  UNDONE_GENERATION_KEYS,
} from './known-keys.ts';
import {
  isObject,
  readObject,
  SPECIAL_NAMES,
  type Json,
  type TokenizerTexts,
} from './tokenizer-files.ts';

const USED_CONFIG: ReadonlySet<string> = new Set([
  ...SPECIAL_NAMES,
  ...['add_bos_token', 'add_eos_token', 'chat_template', 'added_tokens_decoder'],
  ...['additional_special_tokens', 'extra_special_tokens', 'split_special_tokens'],
]);
const USED_JSON: ReadonlySet<string> = new Set([
  ...['added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor', 'decoder', 'model'],
]);
const USED_MAP: ReadonlySet<string> = new Set([
  ...SPECIAL_NAMES,
  ...['sep_token', 'cls_token', 'mask_token', 'additional_special_tokens'],
]);

/**
 * @param json tokenizer.json
 * @param known whether a token is in the vocabulary
 */
export function tokenizerNotices(
  texts: TokenizerTexts,
  json: Json,
  known: (token: string) => boolean,
): Notice[] {
  const unknown = (file: string, used: ReadonlySet<string>, harmless: Record<string, string>) =>
    unknownKeysNotice(file, unknownKeys(Object.entries(readObject(texts, file)), used, harmless));
  const model = isObject(json['model']) ? json['model'] : {};
  const inJson = [
    ...unknownKeys(Object.entries(json), USED_JSON, HARMLESS_TOKENIZER_JSON),
    ...unknownKeys(Object.entries(model), TOKENIZER_MODEL_KEYS, {}).map((key) => `model.${key}`),
  ];
  return [
    ...unknownKeysNotice('tokenizer.json', inJson),
    ...unknown('tokenizer_config.json', USED_CONFIG, HARMLESS_TOKENIZER_CONFIG),
    ...unknown('special_tokens_map.json', USED_MAP, {}),
    ...unknown('chat_template.json', new Set(['chat_template']), {}),
    ...missingTokens(texts, known),
    ...generationNotices(readObject(texts, 'generation_config.json')),
  ];
}

/** Special tokens that the configuration names and the vocabulary lacks: Python would append them. */
function missingTokens(texts: TokenizerTexts, known: (token: string) => boolean): Notice[] {
  const config = readObject(texts, 'tokenizer_config.json');
  const named: [string, unknown][] = SPECIAL_NAMES.map((name) => [name, config[name]]);
  for (const key of ['additional_special_tokens', 'extra_special_tokens']) {
    const value = config[key];
    const list: unknown[] = Array.isArray(value)
      ? value
      : isObject(value)
        ? Object.values(value)
        : [];
    named.push(...list.map((token): [string, unknown] => [key, token]));
  }
  const missing = named.flatMap(([key, value]) => {
    const token = isObject(value) ? value['content'] : value;
    return typeof token === 'string' && !known(token) ? [`${key} ${JSON.stringify(token)}`] : [];
  });
  if (missing.length === 0) return [];
  const text =
    'tokenizer_config.json names special tokens that the vocabulary does not have; such text is cut as any other.';
  return [
    notice(
      'dropped',
      text,
      missing.map((each) => `tokenizer_config.json: ${each}`),
    ),
  ];
}

function generationNotices(config: Json): Notice[] {
  const file = 'generation_config.json';
  const used = new Set(['eos_token_id', ...Object.keys(UNDONE_GENERATION_KEYS)]);
  const unknown = unknownKeys(Object.entries(config), used, HARMLESS_GENERATION_KEYS);
  const notices = unknownKeysNotice(file, unknown);
  const undone = Object.entries(UNDONE_GENERATION_KEYS).flatMap(([key, neutral]) => {
    const value = config[key];
    return isOff(value) || value === neutral ? [] : [`${file}: ${key} ${JSON.stringify(value)}`];
  });
  if (undone.length > 0) {
    const text = `${file} asks for what generating does not do here; generated text differs from Python’s.`;
    notices.push(notice('info', text, undone));
  }
  return notices;
}
