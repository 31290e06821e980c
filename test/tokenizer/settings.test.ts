/**
 * Settings beside tokenizer.json that change ids, against transformers: the same ids, or a word about what is not
 * done.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UnsupportedModelError } from '../../src/errors.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer.ts';

interface Case {
  config: Record<string, unknown>;
  file: Record<string, unknown>;
  texts: string[];
  special: number[][];
  plain: number[][];
  decoded: string[];
}

const folder = 'public/models/idiolect-a';
const read = (name: string) =>
  JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Record<string, unknown>;
const cases = JSON.parse(readFileSync('test/fixtures/tokenizers/settings.json', 'utf8')) as Case[];

/** Python appends such tokens to the vocabulary; here they stay text, and are named. */
const appends = ({ config }: Case) =>
  ['additional_special_tokens', 'extra_special_tokens', 'pad_token', 'bos_token'].some(
    (key) => key in config,
  );

const opened = (config: object, file: object = {}, others: Record<string, object> = {}) =>
  openTokenizer(
    new Map([
      ['tokenizer.json', JSON.stringify({ ...read('tokenizer.json'), ...file })],
      ['tokenizer_config.json', JSON.stringify({ ...read('tokenizer_config.json'), ...config })],
      ...Object.entries(others).map(([name, json]) => [name, JSON.stringify(json)] as const),
    ]),
  );

describe('the tokenizer under settings', () => {
  it.each(cases.map((each) => [JSON.stringify({ ...each.config, ...each.file }), each] as const))(
    '%s',
    (_, each) => {
      const { config, file, texts } = each;
      if (config['split_special_tokens'] === true) {
        expect(() => opened(config, file)).toThrow(UnsupportedModelError);
        return;
      }
      const tokenizer = opened(config, file);
      const ids = (addSpecialTokens: boolean) =>
        texts.map((text) => tokenizer.encode(text, { addSpecialTokens }));
      if (appends(each)) {
        expect(tokenizer.notices.map(({ text }) => text).join()).toContain('special tokens that');
        return;
      }
      expect(ids(true)).toEqual(each.special);
      expect(ids(false)).toEqual(each.plain);
      const decoded = each.plain.map((row) => tokenizer.decode(row, { skipSpecialTokens: true }));
      expect(decoded).toEqual(each.decoded);
    },
  );

  it('says nothing about the usual files', () => {
    const generation = read('generation_config.json');
    expect(opened({}, {}, { 'generation_config.json': generation }).notices).toEqual([]);
  });
});

describe('keys that nobody knows', () => {
  it.each([
    ['tokenizer_config.json', (key: object) => opened(key)],
    ['tokenizer.json', (key: object) => opened({}, key)],
    [
      'special_tokens_map.json',
      (key: object) => opened({}, {}, { 'special_tokens_map.json': key }),
    ],
    ['generation_config.json', (key: object) => opened({}, {}, { 'generation_config.json': key })],
  ])('of %s are named', (file, open) => {
    const { notices } = open({ no_such_key: 7 });
    expect(notices).toMatchObject([{ kind: 'doubtful', places: [`${file}: no_such_key`] }]);
  });

  it('names what generating does not do', () => {
    const config = { repetition_penalty: 1.1, num_beams: 1, suppress_tokens: [3], do_sample: true };
    const { notices } = opened({}, {}, { 'generation_config.json': config });
    expect(notices).toMatchObject([
      {
        places: [
          'generation_config.json: repetition_penalty 1.1',
          'generation_config.json: suppress_tokens [3]',
        ],
      },
    ]);
  });
});
