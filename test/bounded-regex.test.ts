/** The counted search finds what JavaScript's own finds, and gives up where that one would not end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedRegExp } from '../src/bounded-regex.ts';
import { ModelFileError } from '../src/errors.ts';

// No surrogates: V8 finds empty matches between the halves of a character, which the language does not.
const letters = ['a', 'b', 'A', '1', ' ', '\n', 'é', 'ſ', 'K', '中'];
const text = fc.array(fc.constantFrom(...letters), { maxLength: 12 }).map((all) => all.join(''));

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    'é',
    '😀',
    '.',
    '\\d',
    '\\w',
    '\\s',
    '\\S',
    '[ab]',
    '[^a]',
    '[a-b1]',
    '\\x61',
    '\\u0062',
    '\\n',
  ],
);
const edge = fc.constantFrom('^', '$', '\\b', '\\B');
const sign = fc.constantFrom(
  '*',
  '+',
  '?',
  '{2}',
  '{1,2}',
  '{0,2}',
  '{1,}',
  '*?',
  '+?',
  '??',
  '{1,3}?',
  '{0}',
);
const { pattern } = fc.letrec<{ pattern: string; item: string }>((tie) => ({
  pattern: fc
    .array(fc.array(tie('item'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((options) => options.map((items) => items.join('')).join('|')),
  item: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    edge,
    fc.tuple(atom, sign).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('(', '(?:', '(?=', '(?!', '(?<=', '(?<!'), tie('pattern'))
      .map(([open, body]) => `${open}${body})`),
    fc.tuple(tie('pattern'), sign).map(([body, times]) => `(${body})${times}`),
    fc.tuple(tie('pattern'), sign).map(([body, times]) => `(?:${body})${times}`),
    fc.constantFrom('(a)\\1', '(?<x>a|b)\\k<x>'),
  ),
}));

const native = (source: string, flags: string): RegExp | undefined => {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
};

const outcome = (regex: RegExp, input: string) => ({
  all: [...input.matchAll(regex)].map((match) => [match.index, [...match], { ...match.groups }]),
  split: input.split(regex),
  matched: input.match(regex),
  test: new RegExp(regex.source, regex.flags.replace('g', '')).test(input),
});

it('finds what JavaScript finds', () => {
  let compared = 0;
  fc.assert(
    fc.property(
      pattern,
      fc.constantFrom('g', 'gu', 'gi', 'giu', 'gm', 'gs', 'gsu'),
      text,
      (source, flags, input) => {
        const usual = native(source, flags);
        if (!usual) return;
        let found: ReturnType<typeof outcome>;
        try {
          found = outcome(new BoundedRegExp(usual, 'a test'), input);
        } catch (error) {
          // Four loops within each other take millions of steps on ten letters.
          expect(error).toBeInstanceOf(ModelFileError);
          return;
        }
        expect(found).toEqual(outcome(usual, input));
        compared++;
      },
    ),
    { numRuns: 1500, seed: 9 },
  );
  expect(compared).toBeGreaterThan(800);
});

it.each([
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  "(?:'[sS]|'[tT])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?:'s|'t)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s+",
  '\\p{N}{1,3}(?=(?:\\p{N}{3})*(?:\\P{N}|$))|[一-龥぀-ゟ゠-ヿ]+|\\P{N}+',
])('cuts long texts as JavaScript does, and in time: %s', (source) => {
  const usual = new RegExp(source, 'gu');
  const prose = "The 1234567 cats’ naïve Überraschung, 一龥ゟ 😀\r\n\n  it's   done! ".repeat(1500);
  const start = performance.now();
  const cut = prose.match(new BoundedRegExp(usual, 'tokenizer.json'));
  expect(performance.now() - start).toBeLessThan(2000);
  expect(cut).toEqual(prose.match(usual));
});

describe.each([
  ['(a+)+$', 'a'.repeat(60) + 'b'],
  ['(a|a)*b', 'a'.repeat(60)],
  ['(?:a|b|ab)*c', 'ab'.repeat(60)],
  ['(a?){40}a{40}$', 'a'.repeat(39)],
  ['^(?=(a+)+$)', 'a'.repeat(60) + 'b'],
  ['(?<=^(a+)+)c', 'b' + 'a'.repeat(60) + 'c'],
  ['(a*)*(a*)*(a*)*b', 'a'.repeat(200)],
  ['.*x.*y.*z.*w', 'x'.repeat(2000)],
])('the pattern %s', (source, input) => {
  it('gives up within two seconds, by name', () => {
    const regex = new BoundedRegExp(new RegExp(source, 'gu'), 'tokenizer.json: pre_tokenizer');
    const start = performance.now();
    expect(() => input.match(regex)).toThrow(ModelFileError);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(() => input.match(regex)).toThrow(
      /^tokenizer\.json: pre_tokenizer: the regular expression/,
    );
  });
});

it('refuses what would be too large before it is built', () => {
  const start = performance.now();
  expect(() => new BoundedRegExp(/(?:(?:a{1000}){1000}){1000}/gu, 'here')).toThrow('instructions');
  expect(performance.now() - start).toBeLessThan(500);
});
