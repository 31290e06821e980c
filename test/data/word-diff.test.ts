/** Differences of two texts lose nothing, and taking them over leads from one text to the other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffWords, takeParts } from '../../src/data/word-diff.ts';

const unspaced = (text: string) => text.replaceAll(/\s/g, '');
const all = (parts: readonly unknown[]) => new Set(parts.map((_, i) => i));

describe('diffWords', () => {
  it('finds the one wrong number', () => {
    const parts = diffWords('Rob has 7 + 8 = 16 apples.', 'Rob has 7 + 8 = 15 apples.');
    expect(parts).toEqual([
      { kind: 'same', from: 'Rob has 7 + 8 =', to: 'Rob has 7 + 8 =' },
      { kind: 'changed', from: ' 16', to: ' 15' },
      { kind: 'same', from: ' apples.', to: ' apples.' },
    ]);
    expect(takeParts(parts, new Set([1]))).toBe('Rob has 7 + 8 = 15 apples.');
  });

  it('shows what is missing and what is too much', () => {
    expect(diffWords('a c', 'a b c').map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['same', 'a', 'a'],
      ['changed', '', ' b'],
      ['same', ' c', ' c'],
    ]);
    expect(diffWords('', 'all new')).toEqual([{ kind: 'changed', from: '', to: 'all new' }]);
    expect(diffWords('same', 'same')).toEqual([{ kind: 'same', from: 'same', to: 'same' }]);
    expect(diffWords('', '')).toEqual([]);
  });

  it('loses no letter of either text, and never two parts of one kind stand side by side', () => {
    const text = fc.stringMatching(/^[ab .12\n]{0,24}$/);
    fc.assert(
      fc.property(text, text, (from, to) => {
        const parts = diffWords(from, to);
        expect(takeParts(parts, new Set())).toBe(from);
        expect(takeParts(parts, all(parts))).toBe(to);
        for (const [i, { kind, from: left, to: right }] of parts.entries()) {
          expect(kind).not.toBe(parts[i + 1]?.kind);
          if (kind === 'same') expect(unspaced(left)).toBe(unspaced(right));
        }
      }),
    );
  });
});
