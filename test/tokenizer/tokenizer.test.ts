import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelFileError, UnsupportedModelError } from '../../src/errors.ts';
import { openTokenizer, type Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { BYTE_LEVEL, casesOf, FAMILIES, fixtureText, openFixture, textsOf } from './fixtures.ts';

const plain = { addSpecialTokens: false };

describe.each(FAMILIES)('%s', (family) => {
  const tokenizer = openFixture(family);
  const { vocab_size, cases } = casesOf(family);

  it('has the vocabulary of the original', () => {
    expect(tokenizer.vocabSize).toBe(vocab_size);
  });

  it('gives the ids of the original', () => {
    for (const { text, ids, ids_with_special_tokens } of cases) {
      expect(tokenizer.encode(text, plain), JSON.stringify(text)).toEqual(ids);
      expect(tokenizer.encode(text, { addSpecialTokens: true })).toEqual(ids_with_special_tokens);
    }
  });

  it('decodes as the original', () => {
    for (const { ids_with_special_tokens: ids, decoded, decoded_with_special_tokens } of cases) {
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(decoded_with_special_tokens);
    }
  });
});

describe.each(BYTE_LEVEL)('%s, any text', (family) => {
  const tokenizer = openFixture(family);

  it('comes back from its ids', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const ids = tokenizer.encode(text, plain);
        expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(text);
      }),
    );
  });
});

/** A byte-level tokenizer of single bytes and these merges, which show where text was cut. */
function tokenizerWith(preTokenizer: object, merges: [string, string][]): Tokenizer {
  const base = JSON.parse(fixtureText('tokenizers/gpt2/tokenizer.json')) as {
    model: { vocab: Record<string, number> };
  };
  const tokens = Object.keys(base.model.vocab).filter((token) => token.length === 1);
  for (const pair of merges) tokens.push(pair.join(''));
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const model = { ...base.model, vocab, merges };
  const json = { ...base, added_tokens: [], pre_tokenizer: preTokenizer, model };
  return openTokenizer(new Map([['tokenizer.json', JSON.stringify(json)]]));
}

describe('rules in which JavaScript differs from the original', () => {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
  const digits = { type: 'Digits', individual_digits: true };
  const smollm = { type: 'Sequence', pretokenizers: [digits, byteLevel] };

  it('takes all of Unicode for digits: each ² stands alone', () => {
    // The bytes of ² are C2 B2, in stand-ins Â²; JavaScript's \d would leave ²² together.
    const merges: [string, string][] = [
      ['Â', '²'],
      ['Â²', 'Â²'],
    ];
    expect(tokenizerWith(byteLevel, merges).encode('²²', plain)).toHaveLength(1);
    expect(tokenizerWith(smollm, merges).encode('²²', plain)).toHaveLength(2);
  });

  it('takes U+0085 for a space', () => {
    // Bytes C2 85; JavaScript's \s would leave it together with the exclamation mark.
    const merges: [string, string][] = [
      ['Â', 'ħ'],
      ['Âħ', '!'],
    ];
    expect(tokenizerWith(byteLevel, merges).encode('\u0085!', plain)).toHaveLength(2);
  });

  it('takes U+FEFF for no space', () => {
    // Bytes EF BB BF; JavaScript's \s would cut it off from the exclamation mark.
    const merges: [string, string][] = [
      ['ï', '»'],
      ['ï»', '¿'],
      ['ï»¿', '!'],
    ];
    expect(tokenizerWith(byteLevel, merges).encode('\ufeff!', plain)).toHaveLength(1);
  });

  it('cuts a Metaspace text before every space', () => {
    const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', split: true };
    const vocab = { '▁': 0, a: 1, '▁▁': 2, '▁a': 3 };
    const merges = [
      ['▁', '▁'],
      ['▁', 'a'],
    ];
    const json = { pre_tokenizer: metaspace, model: { type: 'BPE', vocab, merges } };
    const tokenizer = openTokenizer(new Map([['tokenizer.json', JSON.stringify(json)]]));
    expect(tokenizer.encode('a  a', plain)).toEqual([1, 0, 3]);
  });

  it.each<[object, RegExp]>([
    [{ pre_tokenizer: { type: 'UnicodeScripts' } }, /the pre-tokenizer UnicodeScripts/],
    [
      { pre_tokenizer: { type: 'Split', pattern: { Regex: 'a' }, behavior: 'MergedWithNext' } },
      /Split with behavior MergedWithNext/,
    ],
    [{ normalizer: { type: 'Precompiled' } }, /the normalizer Precompiled/],
    [{ model: { type: 'Unigram', vocab: [] } }, /a model of type "Unigram"/],
    [{ added_tokens: [{ content: 'x', id: 1, single_word: true }] }, /"x" is single_word/],
  ])('refuses %j', (change, message) => {
    const json = JSON.parse(fixtureText('tokenizers/gpt2/tokenizer.json')) as object;
    const texts = new Map([['tokenizer.json', JSON.stringify({ ...json, ...change })]]);
    expect(() => openTokenizer(texts)).toThrow(UnsupportedModelError);
    expect(() => openTokenizer(texts)).toThrow(message);
  });
});

describe('special tokens', () => {
  it('are found by name, as text or as object', () => {
    const smollm2 = openFixture('smollm2');
    expect(smollm2).toMatchObject({ bosId: 1, eosIds: [2], padId: 2, addsBos: false });
    expect(openFixture('llama3')).toMatchObject({ addsBos: true, padId: undefined });
    const map = { bos_token: { content: '<|im_start|>' }, eos_token: '<|im_end|>' };
    const other = openFixture('smollm2', {
      'tokenizer_config.json': '{}',
      'special_tokens_map.json': JSON.stringify(map),
    });
    expect(other).toMatchObject({ bosId: 1, eosIds: [2], padId: undefined });
  });

  it('end an answer in several ways when the configs say so', () => {
    const tokenizer = openFixture('llama3', {
      'generation_config.json': '{"eos_token_id": [521, 524]}',
      'config.json': '{"eos_token_id": 520}',
    });
    expect(tokenizer.eosIds).toEqual([524, 521, 520]);
  });

  it('are those of the post-processor, and a config that says otherwise is named', () => {
    const begin = openFixture('llama3').bosId!;
    const config = { bos_token: '<|begin_of_text|>', eos_token: '<|eot_id|>' };
    const open = (more: object) =>
      openFixture('llama3', { 'tokenizer_config.json': JSON.stringify({ ...config, ...more }) });
    const ends = (tokenizer: Tokenizer) => {
      const ids = tokenizer.encode('Hello', { addSpecialTokens: true });
      return [ids[0] === begin, ids.at(-1) === tokenizer.eosIds[0]];
    };
    expect(ends(open({}))).toEqual([true, false]);
    const other = open({ add_bos_token: false, add_eos_token: true });
    expect(ends(other)).toEqual([true, false]);
    expect(other.notices.at(-1)).toMatchObject({
      kind: 'doubtful',
      places: [
        'tokenizer_config.json: add_bos_token false',
        'tokenizer_config.json: add_eos_token true',
      ],
    });
    expect(open({ add_bos_token: true, add_eos_token: false }).notices).toEqual([]);
  });
});

describe('without tokenizer.json', () => {
  const json = JSON.parse(fixtureText('tokenizers/gpt2/tokenizer.json')) as {
    model: { vocab: Record<string, number>; merges: [string, string][] };
  };
  const merges = json.model.merges.map((pair) => pair.join(' ')).join('\n');
  const texts = (more: Record<string, string> = {}) =>
    new Map(
      Object.entries({
        'vocab.json': JSON.stringify({ ...json.model.vocab, '<|endoftext|>': 499 }),
        'merges.txt': `#version: 0.2\n${merges}\n`,
        ...more,
      }),
    );

  it('assembles GPT-2 from vocab.json and merges.txt', () => {
    const tokenizer = openTokenizer(
      texts({ 'tokenizer_config.json': '{"eos_token":"<|endoftext|>"}' }),
    );
    expect(tokenizer.eosIds).toEqual([499]);
    for (const { text, ids } of casesOf('gpt2').cases) {
      expect(tokenizer.encode(text, plain), JSON.stringify(text)).toEqual(ids);
    }
  });

  it('refuses to guess for other families', () => {
    expect(() =>
      openTokenizer(texts({ 'tokenizer_config.json': '{"tokenizer_class":"Qwen2Tokenizer"}' })),
    ).toThrow(/"Qwen2Tokenizer" cuts text/);
    expect(() => openTokenizer(texts({ 'config.json': '{"model_type":"bart"}' }))).toThrow(
      /"bart"/,
    );
  });

  it('names the broken line of merges.txt', () => {
    expect(() => openTokenizer(texts({ 'merges.txt': 'a b\nc d e\n' }))).toThrow(/line 2/);
  });

  it('says what is missing', () => {
    expect(() => openTokenizer(new Map())).toThrow(ModelFileError);
    expect(() => openTokenizer(new Map())).toThrow(/tokenizer\.model[\s\S]*save_pretrained/);
  });

  it('names the file that is no JSON', () => {
    expect(() => openTokenizer(textsOf('gpt2', { 'tokenizer_config.json': '<html>' }))).toThrow(
      /tokenizer_config\.json: expected JSON/,
    );
    expect(() => openTokenizer(new Map([['tokenizer.json', '[]']]))).toThrow(ModelFileError);
    expect(() => openTokenizer(new Map([['tokenizer.json', '{}']]))).toThrow(ModelFileError);
  });
});
