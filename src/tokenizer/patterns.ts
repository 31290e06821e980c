/**
 * The regular expressions of a tokenizer.json. Those of the usual tokenizers are known to end and run as they are;
 * any other is run step by step, so that it can be given up.
 */
import { BoundedRegExp } from '../bounded-regex.ts';
import { ModelFileError } from '../errors.ts';
import { isObject } from './tokenizer-files.ts';

/** GPT-2's pattern, published with the model. */
export const GPT2_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const AFTER_WORDS = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const WORDS = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+';
const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const SPELLED_ENDINGS = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";

const KNOWN: ReadonlySet<string> = new Set([
  GPT2_PATTERN,
  '\\s+',
  '\\p{N}',
  '\\p{N}+',
  '\\p{N}{1,3}',
  '▁[^▁]*',
  // Llama 3 and Qwen 2, and cl100k, which they come from.
  ...[ENDINGS, SPELLED_ENDINGS].flatMap((endings) =>
    ['', '{1,3}'].map((digits) => `${endings}|${WORDS}|\\p{N}${digits}${AFTER_WORDS}`),
  ),
  // o200k (GPT-4o, gpt-oss).
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${ENDINGS}?|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${ENDINGS}?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  // DeepSeek.
  '[\\r\\n]',
  '\\s?\\p{L}+',
  '\\s?\\p{P}+',
  '[一-龥ࠀ-一가-퟿]+',
  '[一-龥぀-ゟ゠-ヿ]+',
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
]);

const MAX_PATTERN_CHARACTERS = 10_000;

/** Whether any rule brings a pattern that is not one of the usual. @throws ModelFileError for one that is too long */
export function hasUnknownPattern(rule: unknown): boolean {
  if (Array.isArray(rule)) return rule.some(hasUnknownPattern);
  if (!isObject(rule)) return false;
  const pattern = rule['Regex'];
  if (typeof pattern === 'string' && pattern.length > MAX_PATTERN_CHARACTERS) {
    throw new ModelFileError(
      `tokenizer.json: a regular expression has ${pattern.length} characters; at most ${MAX_PATTERN_CHARACTERS} are read.`,
    );
  }
  if (typeof pattern === 'string' && !KNOWN.has(pattern)) return true;
  return Object.values(rule).some(hasUnknownPattern);
}

/** Exchanges the expressions that a part of the library has made of the rules, in place. */
export function boundPatterns(part: unknown): void {
  if (part === null || (typeof part !== 'object' && typeof part !== 'function')) return;
  for (const [key, value] of Object.entries(part)) {
    if (value instanceof RegExp) {
      Reflect.set(part, key, new BoundedRegExp(value, 'tokenizer.json'));
    } else boundPatterns(value);
  }
}
