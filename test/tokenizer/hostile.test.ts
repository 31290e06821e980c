/** tokenizer.json written to do harm, or by mistake: refused by name, and never slow. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer.ts';

interface Stored {
  [member: string]: unknown;
  added_tokens: Record<string, unknown>[];
  pre_tokenizer: { pretokenizers: { pattern: { Regex: unknown } }[] };
  model: { vocab: Record<string, unknown>; merges: unknown[] };
}

const folder = new URL('../fixtures/tokenizers/', import.meta.url);
const stored = (name: string) =>
  JSON.parse(readFileSync(new URL(`${name}/tokenizer.json`, folder), 'utf8')) as Stored;

function open(change: (json: Stored) => void, more: Record<string, unknown> = {}, name = 'qwen2') {
  const json = stored(name);
  change(json);
  return openTokenizer(
    new Map([
      ['tokenizer.json', JSON.stringify(json)],
      ...Object.entries(more).map(([file, value]) => [file, JSON.stringify(value)] as const),
    ]),
  );
}

it.each<[string, (json: Stored) => void]>([
  ['post_processor', (json) => (json['post_processor'] = { type: 'TemplateProcessing' })],
  ['post_processor', (json) => (json['post_processor'] = 7)],
  [
    'post_processor.processors.0.single',
    (json) =>
      (json['post_processor'] = {
        type: 'Sequence',
        processors: [{ type: 'TemplateProcessing', single: [{}], pair: [], special_tokens: {} }],
      }),
  ],
  ['decoder.decoders', (json) => (json['decoder'] = { type: 'Sequence', decoders: 'ByteLevel' })],
  [
    'normalizer.content',
    (json) => (json['normalizer'] = { type: 'Replace', pattern: { String: 'a' }, content: 1 }),
  ],
  [
    'pre_tokenizer.pretokenizers.0.pattern',
    (json) => (json.pre_tokenizer.pretokenizers[0]!.pattern = { Regex: 3 }),
  ],
  [
    'pre_tokenizer.replacement',
    (json) => Object.assign(json, { pre_tokenizer: { type: 'Metaspace', replacement: '(a+)+' } }),
  ],
  ['added_tokens.0.id', (json) => (json.added_tokens[0]!.id = '5')],
  ['added_tokens.0.content', (json) => (json.added_tokens[0]!.content = '')],
  ['added_tokens', (json) => Object.assign(json, { added_tokens: {} })],
  ['both have the id', (json) => (json.model.vocab['zz'] = 3)],
  ['"zz" has the id -1', (json) => (json.model.vocab['zz'] = -1)],
  ['"zz" has the id 1000000000000000', (json) => (json.model.vocab['zz'] = 1e15)],
  ['"zz" has the id "4"', (json) => (json.model.vocab['zz'] = '4')],
  ['model.merges[0]', (json) => (json.model.merges[0] = 'one')],
  [
    '"constructor" is not in the vocabulary',
    (json) => (json.model.merges = [['constructor', 'a']]),
  ],
])('names %s', (words, change) => {
  expect(() => open(change)).toThrow(ModelFileError);
  expect(() => open(change)).toThrow(words);
});

it('gives up a Split pattern that does not end, by name', () => {
  const tokenizer = open((json) => {
    json.pre_tokenizer.pretokenizers[0]!.pattern.Regex = '(a+)+$';
  });
  const start = performance.now();
  expect(() => tokenizer.encode(`${'a'.repeat(60)}b`, { addSpecialTokens: false })).toThrow(
    /tokenizer\.json: the regular expression "\(a\+\)\+/,
  );
  expect(performance.now() - start).toBeLessThan(2000);
});

it('bounds the pattern of a Replace in the normalizer', () => {
  const tokenizer = open((json) => {
    json['normalizer'] = { type: 'Replace', pattern: { Regex: '(a|a)*b' }, content: '' };
  });
  const work = () => tokenizer.encode('a'.repeat(60), { addSpecialTokens: false });
  expect(work).toThrow('may never end');
});

it('cuts text by an unknown pattern as by a known one', () => {
  const text = "Don’t stop: 12345 naïve 一龥 😀\n\n  it's DONE… ".repeat(20);
  const usual = open(() => undefined);
  const other = open((json) => {
    const { pattern } = json.pre_tokenizer.pretokenizers[0]!;
    pattern.Regex = `${String(pattern.Regex)}|zzzz`;
  });
  const encode = (tokenizer: typeof usual) => tokenizer.encode(text, { addSpecialTokens: false });
  expect(encode(other)).toEqual(encode(usual));
});

it('leaves out ends of an answer that are no ids, and says so', () => {
  const tokenizer = open(() => undefined, {
    'generation_config.json': { eos_token_id: ['2', -1, 1e9, 3, 2.5] },
    'config.json': { eos_token_id: null },
  });
  expect(tokenizer.eosIds).toContain(3);
  expect(tokenizer.notices.find(({ text }) => text.includes('end an answer'))?.places).toEqual(
    ['"2"', '-1', '1000000000', '2.5'].map((id) => `generation_config.json: eos_token_id ${id}`),
  );
});

it('takes the names that every object has for tokens like others', () => {
  const tokenizer = open((json) => {
    const { vocab } = json.model;
    for (const name of ['constructor', '__proto__', 'toString']) {
      Object.defineProperty(vocab, name, { value: Object.keys(vocab).length, enumerable: true });
    }
    json.added_tokens = [];
  });
  expect(() =>
    tokenizer.encode('constructor __proto__', { addSpecialTokens: false }),
  ).not.toThrow();
});
