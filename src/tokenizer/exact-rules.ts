/**
 * `tokenizer.json` rewritten so that the JavaScript library cuts text exactly as the original one.
 * The library reads `\d` and `\s` the JavaScript way where the original means all of Unicode's
 * digits and spaces; its rules for explicit patterns do follow the original, so the built-in rules
 * are spelled out as patterns. Rules whose results are known or suspected to differ are refused.
 */
import { UnsupportedModelError } from '../errors.ts';
import { GPT2_PATTERN } from './patterns.ts';
import { isObject, type Json } from './tokenizer-files.ts';

const NORMALIZERS = ['NFC', 'NFD', 'NFKC', 'NFKD', 'Prepend', 'Replace', 'Lowercase'];
const SPLIT_BEHAVIORS = ['isolated', 'removed'];

/**
 * A copy with exact rules, and with the members that the library insists on. Throws an
 * UnsupportedModelError that lists everything that would not be exact.
 */
export function withExactRules(tokenizer: Json): Json {
  const problems: string[] = [];
  checkModel(tokenizer['model'], problems);
  checkNormalizer(tokenizer['normalizer'], problems);
  const added: unknown[] = Array.isArray(tokenizer['added_tokens'])
    ? tokenizer['added_tokens']
    : [];
  for (const token of added) {
    if (isObject(token) && token['single_word'] === true) {
      problems.push(`the added token ${JSON.stringify(token['content'])} is single_word`);
    }
  }
  const exact: Json = {
    ...tokenizer,
    added_tokens: added,
    normalizer: tokenizer['normalizer'] ?? null,
    pre_tokenizer: rewrite(tokenizer['pre_tokenizer'] ?? null, problems),
    post_processor: tokenizer['post_processor'] ?? null,
    decoder: tokenizer['decoder'] ?? null,
  };
  if (problems.length > 0) {
    throw new UnsupportedModelError(
      'tokenizer.json: this tokenizer uses rules that cannot be followed exactly.',
      problems,
    );
  }
  return exact;
}

function checkModel(model: unknown, problems: string[]): void {
  if (!isObject(model) || !isObject(model['vocab']) || !Array.isArray(model['merges'])) {
    const type = isObject(model) ? JSON.stringify(model['type']) : 'none';
    problems.push(`a model of type ${type}; byte-pair encoding ("BPE") is supported`);
    return;
  }
  if ((model['type'] ?? 'BPE') !== 'BPE')
    problems.push(`a model of type ${JSON.stringify(model['type'])}; only "BPE" is supported`);
  if (model['dropout'])
    problems.push(`merges left out at random (dropout ${JSON.stringify(model['dropout'])})`);
  if (model['continuing_subword_prefix']) problems.push('a continuing_subword_prefix');
}

function checkNormalizer(normalizer: unknown, problems: string[]): void {
  if (!isObject(normalizer)) return;
  const { type, normalizers } = normalizer;
  if (type === 'Sequence' && Array.isArray(normalizers)) {
    for (const part of normalizers as unknown[]) checkNormalizer(part, problems);
  } else if (!NORMALIZERS.includes(String(type))) {
    problems.push(`the normalizer ${String(type)}`);
  }
}

function sequence(...pretokenizers: unknown[]): Json {
  return { type: 'Sequence', pretokenizers };
}

function isolate(regex: string): Json {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false };
}

function rewrite(rule: unknown, problems: string[]): unknown {
  if (!isObject(rule)) return rule;
  switch (rule['type']) {
    case 'Sequence': {
      const parts = Array.isArray(rule['pretokenizers']) ? rule['pretokenizers'] : [];
      return sequence(...parts.map((part) => rewrite(part, problems)));
    }
    case 'ByteLevel':
      // A prefix space must come before the cut, which only the built-in rule does.
      if (rule['use_regex'] === false || rule['add_prefix_space'] === true) return rule;
      return sequence(isolate(GPT2_PATTERN), { ...rule, use_regex: false });
    case 'Digits':
      return isolate(rule['individual_digits'] === true ? '\\p{N}' : '\\p{N}+');
    case 'Metaspace': {
      // Splitting is the default: each space starts a new piece.
      if (rule['split'] === false) return rule;
      const space = String(rule['replacement']).replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
      return sequence(rule, isolate(`${space}[^${space}]*`));
    }
    case 'Split': {
      const behavior = String(rule['behavior']).toLowerCase();
      const inverted = rule['invert'] === true && behavior !== 'removed';
      if (!SPLIT_BEHAVIORS.includes(behavior) || inverted) {
        problems.push(
          `the pre-tokenizer Split with behavior ${String(rule['behavior'])}${inverted ? ', inverted' : ''}`,
        );
      }
      return rule;
    }
    case 'WhitespaceSplit':
      return { type: 'Split', pattern: { Regex: '\\s+' }, behavior: 'Removed', invert: false };
    default:
      problems.push(`the pre-tokenizer ${String(rule['type'])}`);
      return rule;
  }
}
