import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenPieces } from '../../src/tokenizer/pieces.ts';
import { openFixture } from './fixtures.ts';

describe('tokenPieces', () => {
  const tokenizer = openFixture('smollm2');
  const idsOf = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });

  it('shows the bytes of characters that take several tokens', () => {
    const ids = idsOf('猫!');
    const pieces = tokenPieces(tokenizer, ids);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.map(({ text }) => text).join('')).toBe('猫!');
    expect(pieces[0]).toMatchObject({ text: '', special: false });
    expect(pieces[0]!.label).toMatch(/^‹([0-9A-F]{2} ?)+›$/);
    expect(tokenizer.token(ids[0]!)).toBe(pieces[0]!.label);
  });

  it('marks special tokens and ids without a token', () => {
    const [end, none] = tokenPieces(tokenizer, [2, 5000]);
    expect(end).toEqual({ id: 2, text: '<|im_end|>', label: '<|im_end|>', special: true });
    expect(none).toEqual({ id: 5000, text: '', label: '‹no token 5000›', special: false });
    expect(tokenizer.decode([5000], { skipSpecialTokens: false })).toBe('');
  });

  it('joins to the decoded text, whatever the ids', () => {
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 30 });
    fc.assert(
      fc.property(ids, (list) => {
        const pieces = tokenPieces(tokenizer, list);
        const decoded = tokenizer.decode(list, { skipSpecialTokens: false });
        expect(pieces.map(({ text }) => text).join('')).toBe(decoded);
        expect(pieces.every(({ label }) => label !== '')).toBe(true);
      }),
    );
  });

  it('shows SentencePiece tokens as text', () => {
    const mistral = openFixture('mistral');
    const ids = mistral.encode('a 猫', { addSpecialTokens: true });
    const pieces = tokenPieces(mistral, ids);
    expect(pieces.map(({ text }) => text).join('')).toBe('<s> a 猫');
    expect(pieces.at(-2)!.label).toMatch(/^‹..›$/);
  });
});
