/** The learned tokenizer: merges by frequency, digits apart, and the same string in every reader. */
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteAlphabet, learnVocabulary, splitWords, tokenizerJson } from '../../src/recipes/bpe.ts';

const texts = ['low low low lower lowest', 'new newer newest 12 lows'];
const vocabulary = learnVocabulary(texts, 262, '<end>');
const tokenizer = new Tokenizer(tokenizerJson(vocabulary), { eos_token: '<end>' });

describe('byteAlphabet', () => {
  it('gives 256 different printable characters, ASCII letters to themselves', () => {
    expect(new Set(byteAlphabet()).size).toBe(256);
    expect(byteAlphabet()[65]).toBe('A');
    expect(byteAlphabet()[32]).toBe('Ġ');
    expect(byteAlphabet()[10]).toBe('Ċ');
  });
});

describe('splitWords', () => {
  it('lets words take the space before them and leaves digits alone', () => {
    expect(splitWords('has 15 apples.\nSo')).toEqual([
      'has',
      'Ġ',
      '1',
      '5',
      'Ġapples',
      '.',
      'Ċ',
      'So',
    ]);
  });
});

describe('learnVocabulary', () => {
  it('merges the most frequent pair first', () => {
    // "lo" and "ow" occur six times each; the pair that sorts first wins the tie.
    expect(vocabulary.merges[0]).toEqual(['l', 'o']);
    expect(vocabulary.merges[1]).toEqual(['lo', 'w']);
    expect(vocabulary.tokens).toHaveLength(262);
    expect(vocabulary.tokens[0]).toBe('<end>');
  });

  it('stops when no pair occurs twice', () => {
    const { merges } = learnVocabulary(['ab ab cd'], 1000, '<end>');
    expect(merges).toEqual([['a', 'b']]);
  });
});

describe('the tokenizer', () => {
  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const { ids } = tokenizer.encode(text, { add_special_tokens: false });
        expect(tokenizer.decode(ids, { clean_up_tokenization_spaces: false })).toBe(text);
      }),
    );
  });

  it('never merges a digit', () => {
    expect(tokenizer.encode('1234').tokens).toEqual(['1', '2', '3', '4']);
    expect(vocabulary.tokens.filter((token) => /\d./.test(token))).toEqual([]);
  });
});
